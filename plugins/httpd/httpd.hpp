// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/service/starting.hpp"
#include "plugins/httpd/httpd_api.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace malla {
class ServiceCore;
}

namespace malla::plugins {

class Listener;
struct ListenerOptions;

/// Lets the plugins of a service answer HTTP requests: each of them goes down the chain of the service
/// as `HttpdRequest`, and is 404 when nobody answers.
///
/// Configuration: `httpd`, an object or a list of objects, each one listener: `name`, `port` (3500, 0
/// picks one), `address` (127.0.0.1), and `insecure`, without which only this machine may connect.
/// A listener whose entry does not change goes on when others do.
struct Httpd : Plugin {
    struct Listening {
        std::string name;
        std::string address;
        std::uint16_t port;
    };

    Httpd();
    ~Httpd();
    Httpd(const Httpd&) = delete;
    Httpd& operator=(const Httpd&) = delete;

    Result<void> config(const Json& config);
    Result<void> start(const Starting& starting);
    Result<void> updated(const Json& before, const Json& now);
    void stop();

    /// Where it listens now, in the order of the configuration. Any thread.
    [[nodiscard]] std::vector<Listening> listeners() const;

private:
    using Listeners = std::vector<std::unique_ptr<Listener>>;

    Result<void> change_to(const std::vector<ListenerOptions>& wanted);
    Result<void> open_missing(const std::vector<ListenerOptions>& wanted, Listeners& listeners);
    void open_again(const Listeners& closed);
    [[nodiscard]] Result<std::unique_ptr<Listener>> open(const ListenerOptions& options, std::uint16_t port) const;
    void let_go(Listeners closed);

    const ServiceCore* service_ = nullptr; ///< from its start on
    mutable std::mutex mutex_;
    Listeners listeners_; ///< changed by hooks only, under the mutex
    Listeners leaving_;   ///< closed, and maybe not done with their last requests
};

} // namespace malla::plugins
