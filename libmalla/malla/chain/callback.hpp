// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/signature.hpp"
#include "malla/chain/text.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace malla {

namespace detail {

struct CallbackBase {};

/// A parameter is a value or a `const T&`.
template <class A>
inline constexpr bool is_parameter = std::is_object_v<A> ||
                                     (std::is_lvalue_reference_v<A> && std::is_const_v<std::remove_reference_t<A>>);

template <class... A>
struct Parameters {};

constexpr std::size_t hash_of(std::string_view text) {
    std::size_t hash = 0;
    for (const char c : text) hash = hash * 31 + static_cast<unsigned char>(c);
    return hash;
}

/// What is known of a callback without its types.
struct CallbackInfo {
    std::string_view name;
    std::size_t hash;
};

} // namespace detail

/// One question that a chain of plugins answers: its name, its parameters and its result.
///
/// A callback is an empty type of its own, so that no two are ever the same:
///
///     struct Square : malla::Callback<"square(x)", double(double)> {
///         static constexpr bool idempotent = true;            // optional: may be run twice
///         static double default_answer(double) { return 0; }  // optional: when no plugin answers;
// with the parameters or without any
///     };
///
/// A parameter is a value or a `const T&`, there are at most 8. The result may be `void`.
/// One name has one signature: there is no overloading by the number of parameters.
template <Text Signature, class Function>
struct Callback {
    static_assert(std::is_function_v<Function>,
                  "malla: the second argument of Callback is a function type, such as double(double, double)");
};

template <Text Signature, class R, class... A>
struct Callback<Signature, R(A...)> : detail::CallbackBase {
private:
    static constexpr detail::ParsedSignature parsed = detail::parse_signature(Signature.view());

    static_assert(parsed.well_formed,
                  "malla: the text of a callback reads \"name(first, second)\": write an identifier, and in "
                  "parentheses one different identifier for each parameter");
    static_assert(sizeof...(A) <= detail::max_parameters,
                  "malla: a callback has at most 8 parameters: put several of them into one struct");
    static_assert(!parsed.well_formed || parsed.count == sizeof...(A),
                  "malla: the text of a callback names another number of parameters than its function type has: "
                  "write one name for each parameter");
    static_assert((detail::is_parameter<A> && ...),
                  "malla: a parameter of a callback is a value or a `const T&`: write one of them");
    static_assert(std::is_void_v<R> || std::is_object_v<R>,
                  "malla: the result of a callback is a value or void, not a reference");

    template <std::size_t... I>
    static constexpr std::array<std::string_view, sizeof...(I)> first_parameters(std::index_sequence<I...>) {
        return {parsed.parameters[I]...};
    }

public:
    using ResultType = R;
    using Parameters = detail::Parameters<A...>;
    using ValueParameters = detail::Parameters<std::decay_t<A>...>;
    using Arguments = std::tuple<std::decay_t<A>...>;

    static constexpr detail::CallbackInfo info{parsed.name, detail::hash_of(parsed.name)};

    [[nodiscard]] static constexpr std::string_view name() noexcept { return parsed.name; }
    /// The parameters' names in order.
    [[nodiscard]] static constexpr auto parameter_names() noexcept {
        return first_parameters(std::index_sequence_for<A...>{});
    }
};

/// A type derived from `Callback<...>`.
template <class C>
concept IsCallback = std::is_base_of_v<detail::CallbackBase, C> && std::is_empty_v<C>;

template <IsCallback C>
using ResultOf = typename C::ResultType;

/// The parameters as a tuple of values: what a call holds before it is made.
template <IsCallback C>
using ArgumentsOf = typename C::Arguments;

template <IsCallback C>
constexpr std::string_view callback_name() noexcept {
    return C::name();
}

template <IsCallback C>
constexpr auto parameter_names() noexcept {
    return C::parameter_names();
}

/// Whether running the callback twice does what running it once does.
template <IsCallback C>
inline constexpr bool is_idempotent = [] {
    if constexpr (requires { C::idempotent; }) return bool{C::idempotent};
    else return false;
}();

} // namespace malla
