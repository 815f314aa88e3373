// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/callback.hpp"
#include "malla/chain/held.hpp"
#include "malla/chain/items.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla {

/// What a link returns that never answers: it observes.
struct [[nodiscard]] Cont {};
/// Continues: the next link gets the same arguments.
inline constexpr Cont cont{};

/// Answers a callback whose result is `void`.
struct [[nodiscard]] Answer {};
inline constexpr Answer answer{};

namespace detail {

template <class... T>
struct [[nodiscard]] ContWith {
    Items<T...> arguments;
};

/// A view keeps nothing alive, so it cannot be made of a string that is about to go.
template <class From, class To>
inline constexpr bool can_become =
    std::is_convertible_v<From, To> && !(std::is_same_v<To, std::string_view> && std::is_same_v<From, std::string>);

template <class From, class To>
inline constexpr bool all_can_become = false;
template <class... From, class... To>
    requires(sizeof...(From) == sizeof...(To))
inline constexpr bool all_can_become<Parameters<From...>, Parameters<To...>> = (can_become<From, To> && ...);

/// `C`'s parameters cannot be made of the arguments given.
template <class C, class... Given>
struct ContWithMatches {
    static constexpr bool value = all_can_become<Parameters<Given...>, typename C::ValueParameters>;
    static_assert(value, "malla: the arguments of cont_with are not those of the callback: write one for each "
                         "parameter, in order, each of a type that converts to the parameter's");
};

/// What an answer of a chain is kept as; nothing where the callback gives nothing.
struct Nothing {};
template <class R>
using Kept = std::conditional_t<std::is_void_v<R>, Nothing, R>;

enum class FlowKind : std::uint8_t { continues, changes, answers, fails };

/// Whether nothing has to be done to forget a `T`.
template <class T>
inline constexpr bool is_plain = std::is_trivially_copyable_v<T>&& std::is_trivially_destructible_v<T>;

template <class Values>
struct Changed;
template <class... V>
struct Changed<Parameters<V...>> {
    using Type = Items<V...>;
    using Sequence = std::index_sequence_for<V...>;
    static constexpr bool plain = (is_plain<V> && ...);
};

} // namespace detail

/// What a link returns that may answer: `cont`, `cont_with(...)`, a value, a `Status` or a `Result`
/// (for a callback without a result: `answer`).
template <class C>
class [[nodiscard]] Flow {
    using R = typename C::ResultType;
    using Kept = detail::Kept<R>;
    using Changed = detail::Changed<typename C::ValueParameters>;
    using Kind = detail::FlowKind;
    static constexpr bool plain = detail::is_plain<Kept> && Changed::plain;

public:
    Flow(Cont) noexcept : kind_{Kind::continues} {}
    template <class... T>
    Flow(detail::ContWith<T...> with) : kind_{Kind::changes} {
        if constexpr (detail::ContWithMatches<C, T...>::value) fill(with, typename Changed::Sequence{});
    }
    Flow(Status status) noexcept : status_{std::move(status)}, kind_{Kind::fails} {}
    Flow(Answer) noexcept requires std::is_void_v<R> : value_{}, kind_{Kind::answers} {}
    Flow(Result<R> result) noexcept {
        if (!result) put_status(std::move(result).error());
        else if constexpr (std::is_void_v<R>) put_value(Kept{});
        else put_value(*std::move(result));
    }
    template <class U>
        requires(!std::is_void_v<R> && std::is_convertible_v<U, R> && !std::is_same_v<std::remove_cvref_t<U>, Flow>)
    Flow(U&& value) : value_(std::forward<U>(value)), kind_{Kind::answers} {}

    Flow(Flow&& other) noexcept : kind_{other.kind_} {
        switch (kind_) {
        case Kind::continues: break;
        case Kind::changes: std::construct_at(&changed_, std::move(other.changed_)); break;
        case Kind::answers: std::construct_at(&value_, std::move(other.value_)); break;
        case Kind::fails: std::construct_at(&status_, std::move(other.status_)); break;
        }
    }
    Flow& operator=(Flow&&) = delete;
    [[gnu::always_inline]] ~Flow() {
        if constexpr (!plain) drop();
        else if (kind_ == Kind::fails) [[unlikely]] status_.~Status();
    }

    /// Whether the chain stops here, with the answer put in `out`, which is empty; otherwise
    /// changed arguments are put in `held`. Asked once, by the chain.
    template <class... Held>
    [[gnu::always_inline]] bool settle(Result<R>& out, Held&... held) noexcept(plain) {
        if (kind_ == Kind::continues) return false;
        if (kind_ == Kind::changes) {
            change(typename Changed::Sequence{}, held...);
            return false;
        }
        if (kind_ == Kind::answers) {
            if constexpr (!std::is_void_v<R>) detail::ResultSlot::set_value(out, std::move(value_));
        } else {
            detail::ResultSlot::set_status(out, std::move(status_));
        }
        return true;
    }

private:
    template <class... T, std::size_t... I>
    void fill(detail::ContWith<T...>& with, std::index_sequence<I...>) {
        ::new (static_cast<void*>(&changed_))
            typename Changed::Type{{static_cast<std::decay_t<decltype(detail::item<I>(changed_))>>(
                std::move(detail::item<I>(with.arguments)))}...};
    }
    template <std::size_t... I, class... Held>
    [[gnu::always_inline]] void change(std::index_sequence<I...>, Held&... held) {
        (detail::change(held, detail::item<I>(changed_)), ...);
    }
    void put_status(Status&& status) noexcept {
        std::construct_at(&status_, std::move(status));
        kind_ = Kind::fails;
    }
    void put_value(Kept&& value) noexcept {
        std::construct_at(&value_, std::move(value));
        kind_ = Kind::answers;
    }
    [[gnu::noinline]] void drop() noexcept {
        switch (kind_) {
        case Kind::continues: break;
        case Kind::changes: std::destroy_at(&changed_); break;
        case Kind::answers: std::destroy_at(&value_); break;
        case Kind::fails: std::destroy_at(&status_); break;
        }
    }

    union {
        typename Changed::Type changed_;
        Kept value_;
        Status status_;
    };
    Kind kind_;
};

/// Continues with other arguments, one for each parameter of the callback.
template <class... T>
[[nodiscard]] constexpr detail::ContWith<std::decay_t<T>...> cont_with(T&&... arguments) {
    return {{{std::forward<T>(arguments)}...}};
}

} // namespace malla
