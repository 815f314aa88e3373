// SPDX-License-Identifier: Apache-2.0
#include "malla/base/service_status.hpp"

#include <array>
#include <cstddef>

namespace malla {

std::string_view name_of(AdminStatus status) noexcept {
    constexpr std::array<std::string_view, 4> names{"active", "pause", "inactive", "drain"};
    const auto index = static_cast<std::size_t>(status);
    return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(RunningStatus status) noexcept {
    constexpr std::array<std::string_view, 8> names{"starting", "running", "pausing", "paused",
                                                    "stopping", "stopped", "failed",  "draining"};
    const auto index = static_cast<std::size_t>(status);
    return index < names.size() ? names[index] : "unknown";
}

} // namespace malla
