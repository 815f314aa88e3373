// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace malla {

/// What a label says: a text, a number, or true or false. A text is a view of the one it was made of.
class LabelValue {
public:
    using Kinds = std::variant<std::string_view, std::int64_t, double, bool>;

    template <class T>
        requires std::convertible_to<const T&, std::string_view> LabelValue(const T& text)
    noexcept : value_{std::string_view{text}} {}
    LabelValue(bool value) noexcept : value_{value} {}
    LabelValue(std::floating_point auto number) noexcept : value_{static_cast<double>(number)} {}
    /// A number beyond the limits becomes the limit.
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    LabelValue(T number)
    noexcept : value_{std::cmp_greater(number, INT64_MAX) ? INT64_MAX : static_cast<std::int64_t>(number)} {}

    [[nodiscard]] const Kinds& kinds() const noexcept { return value_; }
    /// As people read it: "text", "12", "0.5", "true".
    [[nodiscard]] std::string text() const;

    friend bool operator==(const LabelValue&, const LabelValue&) = default;

private:
    Kinds value_;
};

struct Label {
    std::string_view key;
    LabelValue value;

    friend bool operator==(const Label&, const Label&) = default;
};

/// A view of labels: `{{"shop", "Berlin"}, {"items", 3}}`, or an array or vector of them.
class Labels {
public:
    constexpr Labels() noexcept = default;
    constexpr Labels(std::initializer_list<Label> labels) noexcept : first_{labels.begin()}, size_{labels.size()} {}
    template <std::ranges::contiguous_range R>
        requires std::same_as<std::ranges::range_value_t<R>, Label>
    constexpr Labels(const R& labels) noexcept : first_{std::ranges::data(labels)}, size_{std::ranges::size(labels)} {}

    [[nodiscard]] constexpr const Label* begin() const noexcept { return first_; }
    [[nodiscard]] constexpr const Label* end() const noexcept { return first_ + size_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    /// The value of the first label with that key, or null.
    [[nodiscard]] const LabelValue* find(std::string_view key) const noexcept;

private:
    const Label* first_ = nullptr;
    std::size_t size_ = 0;
};

/// Appends " key=value" for each label.
void append_text(std::string& out, const Labels& labels);

} // namespace malla
