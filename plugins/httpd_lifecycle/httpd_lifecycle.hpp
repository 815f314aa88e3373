// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/json.hpp"
#include "malla/chain/flow.hpp"
#include "malla/service/hosting_node.hpp"
#include "malla/service/starting.hpp"
#include "plugins/httpd/httpd.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace malla::plugins {

/// Whether the program may end, asked when all services of the node are drained; beside the calls, as
/// `HttpdRequest`. Nobody answers: it may.
struct HttpdLifecycleDrain : Callback<"httpd_lifecycle_drain()", bool()> {
    static bool default_answer() { return true; }
};

/// Shows over HTTP how the services of the node are, and ends the node. It answers at every listener:
///
/// - `GET /node`: the node's name.
/// - `GET /is_live`, `GET /is_ready`: 200, or 500 with the first service that is not. Plugins that
///   cannot be asked within a second are not ready, and neither is a node that is about to end.
/// - `POST /stop`, or GET: takes no more calls from outside, and ends the node as SIGTERM does once all
///   services and `HttpdLifecycleDrain` say that they are drained. 500 when they do not: then it goes
///   on. 409 while it ends already. `AuthorizeAdmin` of the service is asked for "stop_node".
///
/// Configuration: `{"httpd_lifecycle": {"tries": 10, "pause": "1s"}}` says how often they are asked, and
/// how long after each other.
struct HttpdLifecycle : Plugin {
    using Depends = malla::Depends<Httpd>;
    using Callbacks = malla::Callbacks<HttpdRequest>;

    static Json default_config();
    Result<void> config(const Json& config);
    Result<void> start(const Starting& starting);
    Result<void> updated(const Json& before, const Json& now);

    Flow<HttpdRequest> on(HttpdRequest, const HttpRequest& request);

private:
    void apply(const Json& config);
    [[nodiscard]] HttpAnswer live() const;
    [[nodiscard]] HttpAnswer ready() const;
    [[nodiscard]] Result<HttpAnswer> stop_node() const;
    [[nodiscard]] bool drain() const;
    [[nodiscard]] bool drained() const;

    HostingNode* node_ = nullptr; ///< from its start on
    std::string node_name_;
    std::atomic<std::int64_t> tries_ = 0;
    std::atomic<Clock::duration> pause_{};
};

} // namespace malla::plugins
