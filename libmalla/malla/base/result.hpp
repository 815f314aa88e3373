// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/status.hpp"

#include <cassert>
#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace malla {

namespace detail {
/// Makes a result that holds nothing yet, and fills it: for a chain, which builds its result in
/// the place where its caller wants it.
struct ResultSlot;
} // namespace detail

/// A value, or the status that says why there is none. Shaped like C++23's `std::expected`.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    template <class U = T>
        requires(std::constructible_from<T, U&&> && !std::same_as<std::remove_cvref_t<U>, Result> &&
                 !std::same_as<std::remove_cvref_t<U>, Status>)
    constexpr explicit(!std::convertible_to<U&&, T>) Result(U&& value)
        : value_(std::forward<U>(value)), has_value_{true} {}
    Result(Status status) noexcept : status_{std::move(status)}, has_value_{false} {}

    Result(const Result& other) : has_value_{other.has_value_} { construct_from(other); }
    Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_value_{other.has_value_} {
        construct_from(std::move(other));
    }
    Result& operator=(Result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
        std::destroy_at(this);
        std::construct_at(this, std::move(other));
        return *this;
    }
    ~Result() {
        if (has_value_) value_.~T();
        else status_.~Status();
    }

    [[nodiscard]] constexpr bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value_; }
    /// The value; asking for it when there is none is a mistake in the program.
    [[nodiscard]] constexpr T& operator*() & noexcept { return assert(has_value_), value_; }
    [[nodiscard]] constexpr const T& operator*() const& noexcept { return assert(has_value_), value_; }
    [[nodiscard]] constexpr T&& operator*() && noexcept { return assert(has_value_), std::move(value_); }
    [[nodiscard]] constexpr T* operator->() noexcept { return assert(has_value_), std::addressof(value_); }
    [[nodiscard]] constexpr const T* operator->() const noexcept { return assert(has_value_), std::addressof(value_); }
    /// Why there is no value; asking when there is one is a mistake in the program.
    [[nodiscard]] Status& error() & noexcept { return assert(!has_value_), status_; }
    [[nodiscard]] const Status& error() const& noexcept { return assert(!has_value_), status_; }
    [[nodiscard]] Status&& error() && noexcept { return assert(!has_value_), std::move(status_); }

private:
    friend detail::ResultSlot;
    /// Holds nothing, and may be destroyed.
    explicit Result(detail::ResultSlot*) noexcept : status_{nullptr}, has_value_{false} {}
    explicit Result(detail::ResultSlot*) noexcept requires std::is_trivially_destructible_v<T> : has_value_{true} {}

    template <class Other>
    void construct_from(Other&& other) {
        if (has_value_) std::construct_at(std::addressof(value_), std::forward<Other>(other).value_);
        else std::construct_at(std::addressof(status_), std::forward<Other>(other).status_);
    }

    union {
        T value_;
        Status status_;
    };
    bool has_value_;
};

/// Nothing, or the status that says why it failed. `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() noexcept = default;
    Result(Status status) noexcept : status_{std::move(status)} {}

    [[nodiscard]] bool has_value() const noexcept { return !status_.has_value(); }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] Status& error() & noexcept { return assert(status_), *status_; }
    [[nodiscard]] const Status& error() const& noexcept { return assert(status_), *status_; }
    [[nodiscard]] Status&& error() && noexcept { return assert(status_), *std::move(status_); }

private:
    friend detail::ResultSlot;
    explicit Result(detail::ResultSlot*) noexcept {}

    std::optional<Status> status_;
};

struct detail::ResultSlot {
    template <class R>
    [[gnu::always_inline]] static Result<R> empty() noexcept {
        return Result<R>{static_cast<ResultSlot*>(nullptr)};
    }
    template <class R, class U>
    [[gnu::always_inline]] static void set_value(Result<R>& empty, U&& value) {
        ::new (static_cast<void*>(std::addressof(empty.value_))) R(std::forward<U>(value));
        empty.has_value_ = true;
    }
    template <class R>
    [[gnu::always_inline]] static void set_status(Result<R>& empty, Status&& status) noexcept {
        ::new (static_cast<void*>(std::addressof(empty.status_))) Status(std::move(status));
        empty.has_value_ = false;
    }
    [[gnu::always_inline]] static void set_status(Result<void>& empty, Status&& status) noexcept {
        empty.status_.emplace(std::move(status));
    }
};

} // namespace malla
