// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/node.hpp"
#include "malla/node/remote_stream.hpp"

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace malla {

/// Whether a call's first argument says how to call instead of being an argument.
template <class... Arguments>
inline constexpr bool first_is_options = false;
template <class First, class... Rest>
inline constexpr bool first_is_options<First, Rest...> = std::is_same_v<std::remove_cvref_t<First>, CallOptions>;

namespace detail {

[[nodiscard]] Result<Returned> call(Node& node, Request request);
[[nodiscard]] Result<std::vector<NodeResult<Returned>>> call_all(Node& node, Request request);
[[nodiscard]] Result<void> send(Node& node, Request request);
[[nodiscard]] std::unique_ptr<CallState> begin(Node& node, Request request);
[[nodiscard]] std::unique_ptr<ValueSource> stream(Node& node, Request request);

/// A callback that gives a stream is called as one.
template <class C>
struct GivesOneValue {
    static_assert(!is_stream<ResultOf<C>>, "malla: this callback gives a stream: write stream<C>(arguments...)");
    static constexpr bool value = true;
};

/// As a function would take it, but that no fraction is cut off.
template <class Argument, class Parameter>
inline constexpr bool is_passed_as =
    std::is_convertible_v<Argument, Parameter> &&
    !(std::is_floating_point_v<std::remove_cvref_t<Argument>> && std::is_integral_v<Parameter>);

template <class T>
[[nodiscard]] std::vector<NodeResult<T>> decoded(std::vector<NodeResult<Returned>> all,
                                                 Result<T> (*decode)(std::string_view body)) {
    std::vector<NodeResult<T>> results;
    results.reserve(all.size());
    for (auto& [node, name, returned] : all)
        results.push_back(
            {node, std::move(name), returned ? decode(returned->body()) : Result<T>{std::move(returned).error()}});
    return results;
}

} // namespace detail

/// Calls a service by its contract, wherever it runs; the service need not be there yet.
///
/// `call` throws `Error`, `try_call` gives a `Result`, `async` a `Future`, and `stream` the values of a callback that
/// gives many. Each has a second form
/// whose first argument says how: `within(200ms)`. Any thread; it must not outlive its node.
template <class Api>
class Remote {
public:
    explicit Remote(Node& node) noexcept : node_{&node} {}

    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    ResultOf<C> call(Arguments&&... arguments)
    const { return value_or_throw(try_call<C>(CallOptions{}, std::forward<Arguments>(arguments)...)); }
    template <class C, class... Arguments>
    ResultOf<C> call(CallOptions options, Arguments&&... arguments) const {
        return value_or_throw(try_call<C>(std::move(options), std::forward<Arguments>(arguments)...));
    }

    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    Result<ResultOf<C>> try_call(Arguments&&... arguments)
    const { return try_call<C>(CallOptions{}, std::forward<Arguments>(arguments)...); }
    template <class C, class... Arguments>
    Result<ResultOf<C>> try_call(CallOptions options, Arguments&&... arguments) const {
        static_assert(detail::GivesOneValue<C>::value);
        auto returned = detail::call(*node_, request<C>(std::move(options), std::forward<Arguments>(arguments)...));
        if (!returned) return std::move(returned).error();
        return CallbackCodec<C>::decode_result(returned->body());
    }

    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    Future<ResultOf<C>> async(Arguments&&... arguments)
    const { return async<C>(CallOptions{}, std::forward<Arguments>(arguments)...); }
    template <class C, class... Arguments>
    Future<ResultOf<C>> async(CallOptions options, Arguments&&... arguments) const {
        static_assert(detail::GivesOneValue<C>::value);
        return {detail::begin(*node_, request<C>(std::move(options), std::forward<Arguments>(arguments)...)),
                &CallbackCodec<C>::decode_result};
    }

    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    RemoteStream<ValueOf<ResultOf<C>>> stream(Arguments&&... arguments)
    const { return stream<C>(CallOptions{}, std::forward<Arguments>(arguments)...); }
    template <class C, class... Arguments>
    RemoteStream<ValueOf<ResultOf<C>>> stream(CallOptions options, Arguments&&... arguments) const {
        static_assert(is_stream<ResultOf<C>>, "malla: this callback gives one value: write call<C>(arguments...)");
        return {detail::stream(*node_, request<C>(std::move(options), std::forward<Arguments>(arguments)...)),
                &CallbackCodec<C>::decode_result};
    }

    /// Calls every instance at once: `Node::call_all`.
    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    Result<std::vector<NodeResult<ResultOf<C>>>> call_all(Arguments&&... arguments)
    const { return call_all<C>(CallOptions{}, std::forward<Arguments>(arguments)...); }
    template <class C, class... Arguments>
    Result<std::vector<NodeResult<ResultOf<C>>>> call_all(CallOptions options, Arguments&&... arguments) const {
        static_assert(detail::GivesOneValue<C>::value);
        auto all = detail::call_all(*node_, request<C>(std::move(options), std::forward<Arguments>(arguments)...));
        if (!all) return std::move(all).error();
        return detail::decoded<ResultOf<C>>(*std::move(all), &CallbackCodec<C>::decode_result);
    }

    /// Ends when the call is handed to a connection: `Node::send`.
    template <class C, class... Arguments>
        requires(!first_is_options<Arguments...>)
    Result<void> send(Arguments&&... arguments)
    const { return send<C>(CallOptions{}, std::forward<Arguments>(arguments)...); }
    template <class C, class... Arguments>
    Result<void> send(CallOptions options, Arguments&&... arguments) const {
        static_assert(detail::GivesOneValue<C>::value);
        return detail::send(*node_, request<C>(std::move(options), std::forward<Arguments>(arguments)...));
    }

private:
    template <class C, class... Arguments>
    static Request request(CallOptions options, Arguments&&... arguments) {
        static_assert(detail::index_of<C>(typename Api::Callbacks{}) < Api::Callbacks::size,
                      "malla: this callback is not in the Api of the service");
        Request request;
        request.service = Api::name();
        request.callback = callback_name<C>();
        request.idempotent = is_idempotent<C>;
        request.types = &CallbackCodec<C>::types();
        request.options = std::move(options);
        encode<C>(request.body, std::forward<Arguments>(arguments)...);
        return request;
    }

    template <class C, class... Arguments>
    static void encode(std::string& body, Arguments&&... arguments) {
        static_assert(sizeof...(Arguments) == std::tuple_size_v<ArgumentsOf<C>>,
                      "malla: the callback has another number of parameters; how to call comes before the arguments");
        // The declared types are what travels, so that 2 reads as 2.0 where a double is asked for.
        if constexpr (sizeof...(Arguments) == std::tuple_size_v<ArgumentsOf<C>>)
            [&]<class... Declared>(std::type_identity<std::tuple<Declared...>>) {
                static_assert((detail::is_passed_as<Arguments, Declared> && ...),
                              "malla: an argument does not convert to the type of its parameter");
                if constexpr ((detail::is_passed_as<Arguments, Declared> && ...))
                    CallbackCodec<C>::encode_arguments(body,
                                                       static_cast<Declared>(std::forward<Arguments>(arguments))...);
            }(std::type_identity<ArgumentsOf<C>>{});
    }

    Node* node_;
};

} // namespace malla
