// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/service/context.hpp"

#include <string_view>

namespace malla {

/// What somebody wants to do.
struct Access {
    std::string_view resource;
    std::string_view scope;     ///< what is done with it, such as "read"
    const CallInfo* call;       ///< who wants it; null for the own program
    const Status::Fields* more; ///< whatever else plugins may want to know, never null
};

/// Whether a handler may do something for its caller: `answer` allows it, a status refuses it,
/// `unauthorized` when it is not known who asks, and `forbidden` when it is. Comes from any thread,
/// beside the calls that run, whatever the status of the service. When nobody answers, it is allowed.
struct Authorize : Callback<"authorize(access)", void(const Access&)> {
    static Result<void> default_answer() { return {}; }
};

/// Asks the plugins of the current service; a refusal is for the handler to answer with. What a
/// plugin throws refuses too, and so does a thread that has no current service.
[[nodiscard]] Result<void> authorize(std::string_view resource, std::string_view scope,
                                     const Status::Fields& more = {});

/// One of the things that a service is operated with from outside, by the callback of `admin::Api`; a plugin
/// that offers another way in has names of its own.
struct AdminOperation {
    std::string_view name; ///< "add_plugin"
    const CallInfo* call;  ///< who wants it
};

/// Whether this service may be operated so; as `Authorize`. Also comes before the plugins are started
/// and after they were stopped.
struct AuthorizeAdmin : Callback<"authorize_admin(operation)", void(const AdminOperation&)> {
    static Result<void> default_answer() { return {}; }
};

/// Asks the plugins of `service`, for the call that this thread works for.
[[nodiscard]] Result<void> authorize_admin(const ServiceCore& service, std::string_view operation);

} // namespace malla
