// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/finder_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace malla::discovery {

namespace {

constexpr std::string_view behind_scheme = "://";
constexpr std::size_t max_scheme = 32;

bool is_lower(char letter) noexcept { return letter >= 'a' && letter <= 'z'; }
bool may_be_in_scheme(char letter) noexcept {
    return is_lower(letter) || (letter >= '0' && letter <= '9') || letter == '_';
}

} // namespace

Status bad_finder_url(std::string_view url, std::string_view reason) {
    return Status{"endpoint_invalid", url}.set_info(std::string{url}.append(": ").append(reason));
}

bool is_finder_url(std::string_view text) noexcept {
    const auto scheme = text.substr(0, text.find(behind_scheme));
    if (scheme.size() == text.size() || scheme.empty() || scheme.size() > max_scheme) return false;
    if (!is_lower(scheme.front()) || !std::ranges::all_of(scheme, may_be_in_scheme)) return false;
    return scheme != "tcp" && scheme != "ipc" && scheme != "inproc";
}

Result<HostPort> HostPort::parse(std::string_view text, std::uint16_t port) {
    const Status wrong = bad_finder_url(text, "write HOST, HOST:PORT or [ADDRESS]:PORT");
    HostPort parsed{{}, port};
    auto rest = text;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return wrong;
        parsed.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto end = std::min(text.find(':'), text.size());
        parsed.host = text.substr(0, end);
        rest = text.substr(end);
    }
    if (parsed.host.empty()) return wrong;
    if (rest.empty()) return parsed;
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), parsed.port);
    if (rest.front() != ':' || error != std::errc{} || end != rest.data() + rest.size() || parsed.port == 0)
        return wrong;
    return parsed;
}

std::string HostPort::text() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    std::string text{ipv6 ? "[" : ""};
    return text.append(host).append(ipv6 ? "]:" : ":").append(std::to_string(port));
}

Result<FinderUrl> FinderUrl::parse(std::string_view url, std::initializer_list<std::string_view> known) {
    if (!is_finder_url(url)) return bad_finder_url(url, "write SCHEME://PLACE");
    const auto scheme = url.find(behind_scheme);
    const auto query = std::min(url.find('?'), url.size());
    FinderUrl parsed;
    parsed.scheme = url.substr(0, scheme);
    parsed.place = url.substr(scheme + behind_scheme.size(), query - scheme - behind_scheme.size());
    if (parsed.place.empty()) return bad_finder_url(url, "says nothing behind ://");
    for (auto rest = url.substr(query); !rest.empty();) {
        const auto end = std::min(rest.find('&', 1), rest.size());
        const auto setting = rest.substr(1, end - 1);
        rest = rest.substr(end);
        const auto equals = std::min(setting.find('='), setting.size());
        const auto name = setting.substr(0, equals);
        if (std::ranges::find(known, name) == known.end() || equals + 1 >= setting.size())
            return bad_finder_url(url, std::string{"'"}.append(setting).append("' sets nothing here"));
        parsed.settings.insert_or_assign(std::string{name}, std::string{setting.substr(equals + 1)});
    }
    return parsed;
}

} // namespace malla::discovery
