// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <algorithm>
#include <charconv>

#include <sys/ioctl.h>
#include <unistd.h>

namespace malla::cli {

namespace {

bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

bool is_control(char c, bool lines) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !(lines && (c == '\n' || c == '\t'))) || byte == 0x7F;
}

std::size_t width_of(int descriptor, const Environment& environment) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    std::size_t width = 0;
    const std::string columns = environment("COLUMNS").value_or("");
    std::from_chars(columns.data(), columns.data() + columns.size(), width);
    return width > 0 ? width : Terminal{}.width;
}

} // namespace

Terminal terminal_of(int descriptor, const Environment& environment) {
    if (::isatty(descriptor) == 0) return {};
    const bool colour = environment("NO_COLOR").value_or("").empty() && environment("TERM") != "dumb";
    return {true, colour, width_of(descriptor, environment)};
}

std::string harmless(std::string_view text, bool lines) {
    std::string copy;
    copy.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_c1 =
            text[i] == '\xC2' && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0x80U;
        const bool commands = is_c1 || is_control(text[i], lines);
        copy += commands ? '?' : text[i];
        if (is_c1) ++i; // U+0080 to U+009F, which command some terminals too
    }
    return copy;
}

std::size_t character_count(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string shortened(std::string_view text, std::size_t count) {
    if (character_count(text) <= count) return std::string{text};
    if (count == 0) return {};
    std::size_t end = 0;
    std::size_t characters = 0;
    for (; end < text.size(); ++end)
        if (begins_character(text[end]) && characters++ == count - 1) break;
    return std::string{text.substr(0, end)}.append("…");
}

} // namespace malla::cli
