// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"
#include "malla/wire/record.hpp"

#include <optional>
#include <string_view>

namespace malla {

/// Null when it has none of that name, as below.
[[nodiscard]] const wire::ServiceRecord* service_of(const wire::NodeRecord& node, std::string_view service);
[[nodiscard]] const wire::CallbackRecord* callback_of(const wire::ServiceRecord& service, std::string_view callback);

/// Whether `on` is the node's name or id; nothing is any node.
[[nodiscard]] bool is_meant(const wire::NodeRecord& node, std::string_view on);

/// Why the service of that node takes no calls now; nothing when it does.
[[nodiscard]] std::optional<Status> why_not_callable(const wire::NodeRecord& node, const wire::ServiceRecord& service);

} // namespace malla
