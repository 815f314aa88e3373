// SPDX-License-Identifier: Apache-2.0
#include "malla/node/records.hpp"

#include <algorithm>
#include <string>

namespace malla {

const wire::ServiceRecord* service_of(const wire::NodeRecord& node, std::string_view service) {
    const auto known = std::ranges::find(node.services, service, &wire::ServiceRecord::name);
    return known == node.services.end() ? nullptr : &*known;
}

const wire::CallbackRecord* callback_of(const wire::ServiceRecord& service, std::string_view callback) {
    const auto known = std::ranges::find(service.callbacks, callback, &wire::CallbackRecord::name);
    return known == service.callbacks.end() ? nullptr : &*known;
}

bool is_meant(const wire::NodeRecord& node, std::string_view on) {
    return on.empty() || node.name == on || node.id == NodeId::parse(on);
}

std::optional<Status> why_not_callable(const wire::NodeRecord& node, const wire::ServiceRecord& service) {
    using enum RunningStatus;
    if (node.draining || service.status == draining) return Status{"draining", service.name};
    if (service.is_callable()) return std::nullopt;
    if (service.status == running || service.status == pausing || service.status == paused)
        return Status{"paused", service.name};
    return Status{"service_not_available", service.name}.set_info("Service '" + service.name + "' is " +
                                                                  std::string{name_of(service.status)});
}

} // namespace malla
