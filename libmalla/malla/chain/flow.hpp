// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/callback.hpp"
#include "malla/chain/items.hpp"

#include <cstdint>
#include <memory>
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

/// The body of `Flow`, shared by all callbacks with the same types.
template <class R, class Values>
class FlowOf;
template <class R, class... V>
class FlowOf<R, Parameters<V...>> {
public:
    FlowOf() noexcept : none_{}, kind_{FlowKind::continues} {}
    template <class... T, std::size_t... I>
    FlowOf(ContWith<T...>& with, std::index_sequence<I...>)
        : changed_{{static_cast<V>(static_cast<T&&>(item<I>(with.arguments)))}...}, kind_{FlowKind::changes} {}
    template <class U>
    FlowOf(std::in_place_t, U&& value) : value_(std::forward<U>(value)), kind_{FlowKind::answers} {}
    FlowOf(Status status) noexcept : status_{std::move(status)}, kind_{FlowKind::fails} {}

    FlowOf(FlowOf&& other) noexcept : kind_{other.kind_} {
        switch (kind_) {
        case FlowKind::continues: std::construct_at(&none_); break;
        case FlowKind::changes: std::construct_at(&changed_, std::move(other.changed_)); break;
        case FlowKind::answers: std::construct_at(&value_, std::move(other.value_)); break;
        case FlowKind::fails: std::construct_at(&status_, std::move(other.status_)); break;
        }
    }
    FlowOf& operator=(FlowOf&&) = delete;
    ~FlowOf() {
        switch (kind_) {
        case FlowKind::continues: break;
        case FlowKind::changes: std::destroy_at(&changed_); break;
        case FlowKind::answers: std::destroy_at(&value_); break;
        case FlowKind::fails: std::destroy_at(&status_); break;
        }
    }

    [[nodiscard]] constexpr FlowKind kind() const noexcept { return kind_; }
    [[nodiscard]] constexpr Items<V...>& changed() noexcept { return changed_; }
    /// The answer or the status; asked once, of a flow that has one.
    [[nodiscard]] [[gnu::always_inline]] Result<R> take() noexcept {
        if (kind_ == FlowKind::fails) return Result<R>{std::move(status_)};
        if constexpr (std::is_void_v<R>) return Result<R>{};
        else return Result<R>(std::move(value_));
    }

private:
    union {
        Nothing none_;
        Items<V...> changed_;
        Kept<R> value_;
        Status status_;
    };
    FlowKind kind_;
};

} // namespace detail

/// What a link returns that may answer: `cont`, `cont_with(...)`, a value, a `Status` or a `Result`
/// (for a callback without a result: `answer`).
template <class C>
class [[nodiscard]] Flow : public detail::FlowOf<typename C::ResultType, typename C::ValueParameters> {
    using Base = detail::FlowOf<typename C::ResultType, typename C::ValueParameters>;
    using R = typename C::ResultType;

public:
    Flow(Cont) noexcept {}
    template <class... T>
    Flow(detail::ContWith<T...> with) : Base{checked(with), std::index_sequence_for<T...>{}} {}
    Flow(Status status) noexcept : Base{std::move(status)} {}
    Flow(Answer) noexcept requires std::is_void_v<R> : Base{std::in_place, detail::Nothing{}} {}
    Flow(Result<R> result) noexcept : Base{from(result)} {}
    template <class U>
        requires(!std::is_void_v<R> && std::is_convertible_v<U&&, R> && !std::is_same_v<std::remove_cvref_t<U>, Flow>)
    Flow(U&& value) : Base{std::in_place, std::forward<U>(value)} {}

private:
    template <class... T>
    static constexpr detail::ContWith<T...>& checked(detail::ContWith<T...>& with) {
        static_assert(detail::ContWithMatches<C, T...>::value);
        return with;
    }
    static Base from(Result<R>& result) noexcept {
        if (!result) return Base{std::move(result).error()};
        if constexpr (std::is_void_v<R>) return Base{std::in_place, detail::Nothing{}};
        else return Base{std::in_place, *std::move(result)};
    }
};

/// Continues with other arguments, one for each parameter of the callback.
template <class... T>
[[nodiscard]] constexpr detail::ContWith<std::decay_t<T>...> cont_with(T&&... arguments) {
    return {{{std::forward<T>(arguments)}...}};
}

} // namespace malla
