// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cwchar>

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace malla::cli {

namespace {

bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// While it lives, its thread reads UTF-8 and knows how wide characters are, in whatever locale the process is. Where
/// a system has none of that name, each character counts as one column.
class Utf8 {
public:
    Utf8() noexcept : before_{::uselocale(locale())} {}
    ~Utf8() { ::uselocale(before_); }
    Utf8(const Utf8&) = delete;
    Utf8& operator=(const Utf8&) = delete;

private:
    static locale_t locale() noexcept {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
        return made; // none changes nothing
    }

    locale_t before_;
};

struct Character {
    std::size_t bytes = 1;
    std::size_t columns = 0;
};

/// The first character of text that is not empty, as a terminal shows it.
Character first_of(std::string_view text) noexcept {
    wchar_t character = 0;
    std::mbstate_t state{};
    const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, begins_character(text[0]) ? 1U : 0U};
    const int columns = ::wcwidth(character);
    return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

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

std::size_t bytes_that_fit(std::string_view text, std::size_t columns) noexcept {
    if (is_ascii(text)) return std::min(text.size(), columns);
    const Utf8 utf8;
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Character next = first_of(text.substr(bytes));
        if (next.columns > columns) break;
        columns -= next.columns;
        bytes += next.bytes;
    }
    return bytes;
}

std::size_t display_width(std::string_view text) noexcept {
    if (is_ascii(text)) return text.size();
    const Utf8 utf8;
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        columns += next.columns;
        text.remove_prefix(next.bytes);
    }
    return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (bytes_that_fit(text, columns) == text.size()) return std::string{text};
    if (columns == 0) return {};
    return std::string{text.substr(0, bytes_that_fit(text, columns - 1))}.append("…");
}

} // namespace malla::cli
