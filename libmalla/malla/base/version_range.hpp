// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/base/version.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// A range of versions, such as ">=1.2 <2": conditions with spaces between them, all of which hold.
///
/// A condition is `>=`, `>`, `<=`, `<`, `=` or nothing, and MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH. What is left out
/// stands for all that it may be: "1.2" are all patches of 1.2, and ">1" begins with 2.
class VersionRange {
public:
    /// Every version.
    constexpr VersionRange() noexcept = default;
    /// As `parse`, while compiling: a text that is no range is a compile error.
    template <std::size_t N>
    consteval VersionRange(const char (&text)[N]) {
        const auto range = read(std::string_view{text, N - 1});
        if (!range) throw "malla: this is no range of versions; write it as \">=1.2 <2\"";
        *this = *range;
    }

    /// `parameter_invalid` for what is no range, and for one that no version lies in. An empty text
    /// is every version.
    [[nodiscard]] static Result<VersionRange> parse(std::string_view text);

    [[nodiscard]] constexpr bool contains(const Version& version) const noexcept {
        return first_ <= key(version) && key(version) <= last_;
    }
    /// Whether every version of `other` is one of it.
    [[nodiscard]] constexpr bool contains(const VersionRange& other) const noexcept {
        return first_ <= other.first_ && other.last_ <= last_;
    }
    [[nodiscard]] constexpr bool is_everything() const noexcept { return first_ == 0 && last_ == max_key; }
    /// ">=1.2.0 <2.0.0" or "=1.4.2"; empty for every version.
    [[nodiscard]] std::string text() const;

    friend constexpr bool operator==(const VersionRange&, const VersionRange&) noexcept = default;

private:
    using Key = std::uint64_t; // versions in their order, without gaps
    static constexpr Key max_part = std::numeric_limits<std::uint16_t>::max();
    static constexpr Key max_key = (Key{1} << 48U) - 1;

    [[nodiscard]] static constexpr Key key(const Version& version) noexcept {
        return Key{version.major} << 32U | Key{version.minor} << 16U | version.patch;
    }

    [[nodiscard]] static constexpr std::optional<VersionRange> read(std::string_view text) {
        VersionRange range;
        while (true) {
            text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
            if (text.empty()) return range.first_ <= range.last_ ? std::optional{range} : std::nullopt;
            const auto condition = text.substr(0, text.find(' '));
            text.remove_prefix(condition.size());
            if (!range.narrow(condition)) return std::nullopt;
        }
    }

    constexpr bool narrow(std::string_view condition) {
        const auto sign = condition.substr(0, std::min(condition.find_first_not_of("<>="), condition.size()));
        Key first = 0;
        Key last = 0;
        if (!read_version(condition.substr(sign.size()), first, last)) return false;
        if (sign == "<" ? first == 0 : sign == ">" && last == max_key) return false; // no version is
        if (sign == ">=" || sign == "=" || sign.empty()) first_ = std::max(first_, first);
        else if (sign == ">") first_ = std::max(first_, last + 1);
        if (sign == "<=" || sign == "=" || sign.empty()) last_ = std::min(last_, last);
        else if (sign == "<") last_ = std::min(last_, first - 1);
        return sign.size() < 2 || sign == ">=" || sign == "<=";
    }

    /// The first and the last version that the text may stand for.
    static constexpr bool read_version(std::string_view text, Key& first, Key& last) {
        bool ended = false;
        for (int part = 0; part < 3; ++part) {
            Key number = 0;
            if (!ended) {
                const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
                if (digits == 0 || digits > 5) return false;
                for (const char digit : text.substr(0, digits)) number = number * 10 + static_cast<Key>(digit - '0');
                text.remove_prefix(digits);
            }
            if (number > max_part) return false;
            first = first << 16U | number;
            last = last << 16U | (ended ? max_part : number);
            ended = ended || text.empty();
            if (!ended && part < 2) {
                if (text.front() != '.') return false;
                text.remove_prefix(1);
            }
        }
        return text.empty();
    }

    Key first_ = 0;
    Key last_ = max_key;
};

} // namespace malla
