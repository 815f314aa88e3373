// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/status.hpp"

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace malla::codec {

/// What converting throws inside the codec, and never lets out.
class Refused : public std::exception {
public:
    explicit Refused(Status status) : status_{std::move(status)} {}

    [[nodiscard]] Status& status() noexcept { return status_; }
    [[nodiscard]] const char* what() const noexcept override { return status_.info().c_str(); }

private:
    Status status_;
};

/// Where in a value the codec is, such as `b.items[3]`, and how much memory may still be taken
/// there. Made on the stack, one for each level; the text is put together only when it is needed.
class Place {
public:
    /// The whole value. `budget_bytes` outlives all places below.
    explicit Place(std::size_t& budget_bytes, std::string_view name = {}) noexcept
        : name_{name}, budget_bytes_{budget_bytes} {}
    Place(const Place& parent, std::string_view name) noexcept
        : parent_{&parent}, name_{name}, budget_bytes_{parent.budget_bytes_} {}
    Place(const Place& parent, std::size_t index) noexcept
        : parent_{&parent}, index_{index}, is_index_{true}, budget_bytes_{parent.budget_bytes_} {}

    [[nodiscard]] std::string text() const;
    /// The same as a JSON pointer, with the name as it stands: `/b/items/3`.
    [[nodiscard]] std::string pointer() const;

    /// Allows for `count` elements of `each` bytes, or refuses.
    void charge(std::size_t count, std::size_t each) const;

    /// Refuses with `parameter_invalid` and "PLACE: REASON".
    [[noreturn]] void refuse(std::string_view reason) const;
    /// Refuses with "PLACE: expected WHAT, got THE VALUE".
    [[noreturn]] void expected(std::string_view what, const Json& got) const;
    /// Refuses with `field_missing` or `field_unknown`, and the member's place.
    [[noreturn]] void refuse_member(std::string_view status, std::string_view name) const;

private:
    const Place* parent_ = nullptr;
    std::string_view name_;
    std::size_t index_ = 0;
    bool is_index_ = false;
    std::size_t& budget_bytes_;
};

/// The beginning of a value as JSON, for messages.
[[nodiscard]] std::string excerpt(const Json& value);

} // namespace malla::codec
