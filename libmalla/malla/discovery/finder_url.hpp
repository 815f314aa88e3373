// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace malla::discovery {

/// A host and, where it was written, its port: "name", "name:80", "10.0.0.1:80", "[::1]:80".
struct HostPort {
    std::string host; ///< without brackets
    std::uint16_t port = 0;

    /// `port` is what holds where none is written. `endpoint_invalid`.
    [[nodiscard]] static Result<HostPort> parse(std::string_view text, std::uint16_t port);
    /// As it is written in an endpoint: with brackets where the host is an IPv6 address.
    [[nodiscard]] std::string text() const;
};

/// The parts of a finder's URL, SCHEME://PLACE[?NAME=VALUE[&NAME=VALUE]...].
struct FinderUrl {
    std::string scheme;
    std::string place; ///< never empty
    std::map<std::string, std::string, std::less<>> settings;

    /// Takes only settings with one of these names. `endpoint_invalid`, with what is wrong.
    [[nodiscard]] static Result<FinderUrl> parse(std::string_view url, std::initializer_list<std::string_view> known);
};

/// Whether `text` names another scheme than those of endpoints. Such a one is a word of at most 32 lower-case letters,
/// digits and '_', which begins with a letter.
[[nodiscard]] bool is_finder_url(std::string_view text) noexcept;

/// The refusal of a finder's URL.
[[nodiscard]] Status bad_finder_url(std::string_view url, std::string_view reason);

} // namespace malla::discovery
