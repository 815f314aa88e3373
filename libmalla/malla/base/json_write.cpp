// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace malla {

namespace {

constexpr auto is_plain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

/// The length of the UTF-8 character at the start of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = byte(0);
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    const bool too_large = first == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || too_large ? 0 : length;
}

class Writer {
public:
    Writer(std::string& out, int indent) : out_{out}, indent_{indent} {}

    std::string_view failure; ///< the first reason, empty when all went well

    void write(const Json& value) {
        using enum Json::Kind;
        switch (value.kind()) {
        case null: out_ += "null"; break;
        case boolean: out_ += value.as_bool() ? "true" : "false"; break;
        case integer: write_integer(value.as_integer()); break;
        case unsigned_integer: write_integer(value.as_unsigned()); break;
        case number: write_number(value.as_number()); break;
        case string: write_string(value.as_string()); break;
        case array:
        case object: write_container(value); break;
        }
    }

private:
    void fail(std::string_view reason) {
        if (failure.empty()) failure = reason;
    }

    void write_integer(auto value) {
        std::array<char, 24> digits;
        out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }

    void write_number(double value) {
        if (!std::isfinite(value)) {
            fail("NaN and infinity have no JSON form");
            out_ += "NaN";
            return;
        }
        const bool whole = std::trunc(value) == value;
        if (whole && std::abs(value) < 0x1p53) return write_integer(static_cast<std::int64_t>(value));
        std::array<char, 40> digits;
        char* const end = digits.data() + digits.size();
        const auto written = whole && std::abs(value) < 1e21
                                 ? std::to_chars(digits.data(), end, value, std::chars_format::fixed)
                                 : std::to_chars(digits.data(), end, value);
        out_.append(digits.data(), written.ptr);
    }

    void write_string(std::string_view text) {
        out_ += '"';
        while (!text.empty()) {
            std::size_t run = 0;
            while (run < text.size() && is_plain[static_cast<unsigned char>(text[run])]) ++run;
            out_ += text.substr(0, run);
            text.remove_prefix(run);
            if (!text.empty()) text.remove_prefix(write_special(text));
        }
        out_ += '"';
    }

    /// Writes the character at the start of `text`, and returns its length there.
    std::size_t write_special(std::string_view text) {
        if (static_cast<unsigned char>(text.front()) < 0x80) {
            write_escape(text.front());
            return 1;
        }
        const std::size_t length = utf8_length(text);
        if (length == 0) fail("a string that is not UTF-8 has no JSON form; send it as bytes");
        out_ += text.substr(0, std::max<std::size_t>(length, 1));
        return std::max<std::size_t>(length, 1);
    }

    void write_escape(char c) {
        constexpr std::string_view from = "\"\\\b\f\n\r\t";
        constexpr std::string_view to = "\"\\bfnrt";
        constexpr std::string_view digits = "0123456789abcdef";
        out_ += '\\';
        if (const auto at = from.find(c); at != std::string_view::npos) {
            out_ += to[at];
        } else {
            out_ += "u00";
            out_ += digits[static_cast<std::size_t>(c) >> 4];
            out_ += digits[static_cast<std::size_t>(c) & 15];
        }
    }

    void write_container(const Json& value) {
        const bool is_array = value.is_array();
        if (++depth_ > Json::max_depth) {
            fail("the value is deeper than 64 levels");
            out_ += '!';
            return void(--depth_);
        }
        out_ += is_array ? '[' : '{';
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (i > 0) out_ += ',';
            start_line();
            if (is_array) write(value.at(i));
            else write_member(value.member(i));
        }
        --depth_;
        if (value.size() > 0) start_line();
        out_ += is_array ? ']' : '}';
    }

    void write_member(std::pair<std::string_view, const Json&> member) {
        write_string(member.first);
        out_ += indent_ < 0 ? ":" : ": ";
        write(member.second);
    }

    void start_line() {
        if (indent_ < 0) return;
        out_ += '\n';
        out_.append(depth_ * static_cast<std::size_t>(indent_), ' ');
    }

    std::string& out_;
    int indent_; ///< negative: all on one line
    std::size_t depth_ = 0;
};

Result<void> write(const Json& value, std::string& out, int indent) {
    Writer writer{out, indent};
    writer.write(value);
    if (writer.failure.empty()) return {};
    return Status{"syntax_error", writer.failure}.set_info(std::string{writer.failure});
}

Result<std::string> written(const Json& value, int indent) {
    std::string out;
    if (auto done = write(value, out, indent); !done) return std::move(done).error();
    return out;
}

} // namespace

Result<std::string> Json::dump() const { return written(*this, -1); }

Result<void> Json::dump_to(std::string& text) const { return write(*this, text, -1); }

Result<std::string> Json::pretty(int indent) const { return written(*this, indent); }

} // namespace malla
