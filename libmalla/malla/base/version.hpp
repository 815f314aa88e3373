// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace malla {

/// The version of a service, as semantic versioning has it.
struct Version {
    std::uint16_t major = 0;
    std::uint16_t minor = 0;
    std::uint16_t patch = 0;

    [[nodiscard]] std::string text() const {
        return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
    }
    friend constexpr auto operator<=>(const Version&, const Version&) noexcept = default;
};

/// The version of this library, from its build.
[[nodiscard]] std::string_view library_version() noexcept;

} // namespace malla
