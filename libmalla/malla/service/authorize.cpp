// SPDX-License-Identifier: Apache-2.0
#include "malla/service/authorize.hpp"

#include "malla/service/service_core.hpp"

#include <utility>

namespace malla {

namespace {

// Whatever a plugin refuses with, it is not to be tried elsewhere.
Result<void> as_answer(Result<void> result) {
    if (result) return result;
    return answered(std::move(result).error());
}

} // namespace

Result<void> authorize(std::string_view resource, std::string_view scope, const Status::Fields& more) {
    const Frame* frame = Frame::current();
    if (!frame) return Status{"service_missing"};
    return as_answer(frame->service().call_beside<Authorize>(Access{resource, scope, current_call(), &more}));
}

Result<void> authorize_admin(const ServiceCore& service, std::string_view operation) {
    return as_answer(service.call_beside<AuthorizeAdmin>(AdminOperation{operation, current_call()}));
}

} // namespace malla
