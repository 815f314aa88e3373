// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/service/context.hpp"

#include <string_view>

namespace malla {

/// A call as it came and its result as it leaves, for plugins that show calls. The bytes are there for the call only,
/// the functions as long as the service.
struct SentCall {
    /// JSON text of what is not JSON by itself; empty when it cannot be read.
    using Read = std::string (*)(std::string_view bytes);

    bool json = false; ///< so are the bytes
    std::string_view arguments{};
    std::string_view result{}; ///< empty until there is one
    Read read_arguments = nullptr;
    Read read_result = nullptr;
};

/// A call from outside on its way to the callback that it names.
struct IncomingRequest {
    /// What runs the callback at the end of the chain.
    class Target {
    public:
        [[nodiscard]] virtual Result<void> run(const CallInfo& call) = 0;
        [[nodiscard]] virtual SentCall sent() const { return {}; }

    protected:
        ~Target() = default;
    };

    std::string_view service;
    std::string_view callback;
    CallInfo call; ///< what handlers get as `current_call()`
    Target* target;
};

/// Surrounds every call that comes from outside, from other nodes and by name from this one, so
/// that a plugin can measure, refuse or enrich it whatever the callback is:
///
///     Result<void> on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request);
///
/// A status answers in the place of the callback; `cont_with` a changed copy changes what the
/// handler sees. The callback's own result does not pass here, only its status.
struct HandleRequest : Callback<"handle_request(request)", void(const IncomingRequest&)> {
    static Result<void> default_answer(const IncomingRequest& request) { return request.target->run(request.call); }
};

} // namespace malla
