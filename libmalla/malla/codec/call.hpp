// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/codec/binary.hpp"
#include "malla/codec/from_json.hpp"
#include "malla/codec/schema.hpp"
#include "malla/codec/to_json.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace malla::codec {

// The bodies of calls. All that encode write behind the end of `out`, so that a buffer can be
// used again and a body can follow a header. All that decode read the whole body or fail, and
// take at most 32 times its bytes and 64 KiB more, whatever it holds.

namespace detail {

/// What is thrown while reading, as a status; what a type's own `load` throws does not get out.
/// Call it from a `catch` only.
[[nodiscard]] Status status_of_exception();

/// Of the memory that a JSON text may cost, the part that is left for what is read from it.
[[nodiscard]] std::size_t value_budget(std::string_view text) noexcept;

/// Refuses what is not an array of `least` to `names.size()` items, or an object of known names.
void require_arguments(const Json& json, std::span<const std::string_view> names, std::size_t least);

/// The argument at a position or of a name, nullptr when it was left out.
[[nodiscard]] Json* find_argument(Json& json, std::string_view name, std::size_t index) noexcept;
[[noreturn]] void refuse_missing(std::string_view name);

template <class T>
void read_argument(Json& json, std::string_view name, std::size_t index, std::size_t& budget, T& value) {
    Json* const argument = find_argument(json, name, index);
    if (argument != nullptr) read_json(*argument, value, Place{budget, name});
    else if constexpr (shape<T> != Shape::optional) refuse_missing(name);
}

/// How many arguments must be given: all but the optional ones at the end.
template <class... A>
consteval std::size_t least_arguments() {
    constexpr std::array<bool, sizeof...(A) + 1> optional{true, (shape<A> == Shape::optional)...};
    std::size_t least = sizeof...(A);
    while (least > 0 && optional[least]) --least;
    return least;
}

} // namespace detail

/// Arguments one after another.
template <Serialisable... A>
void encode_arguments_binary(std::string& out, const A&... arguments) {
    if constexpr (sizeof...(A) > 0 && (detail::Scalar<A> && ...)) {
        std::array<char, (sizeof(A) + ...)> bytes;
        char* at = bytes.data();
        ((std::memcpy(at, &arguments, sizeof arguments), at += sizeof arguments), ...);
        out.append(bytes.data(), bytes.size());
    } else {
        (encode_binary(out, arguments), ...);
    }
}

/// The status is `request_body_invalid`.
template <Serialisable... A>
[[nodiscard]] Result<std::tuple<A...>> decode_arguments_binary(std::string_view body) {
    try {
        BinarySource in{body};
        std::tuple<A...> arguments{};
        std::apply([&](A&... each) { (decode_binary(in, each), ...); }, arguments);
        in.finish();
        return arguments;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) {
        return detail::status_of_exception();
    }
}

/// A result alone.
template <Serialisable R>
void encode_result_binary(std::string& out, const R& result) {
    encode_binary(out, result);
}

/// As `decode_arguments_binary`; of a result `void` the body is empty.
template <class R>
    requires(Serialisable<R> || std::is_void_v<R>)
[[nodiscard]] Result<R> decode_result_binary(std::string_view body) {
    if constexpr (std::is_void_v<R>) {
        if (body.empty()) return {};
        return Status{"request_body_invalid"};
    } else {
        auto values = decode_arguments_binary<R>(body);
        if (!values) return std::move(values).error();
        return std::get<0>(*std::move(values));
    }
}

/// A JSON array of the arguments. On failure (NaN, say) the status tells why, and `out` is of no use.
template <Serialisable... A>
[[nodiscard]] Result<void> encode_arguments_json(std::string& out, const A&... arguments) {
    std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    try {
        return detail::tuple_to_json(std::tie(arguments...), Place{no_limit}).dump_to(out);
    } catch (Refused& refused) {
        return std::move(refused.status());
    }
}

/// Reads an array by position, or an object by the parameters' names. Optional parameters at the
/// end may be left out, by name all of them. The statuses: `syntax_error`, `invalid_parameters`
/// (their number), `parameter_missing`, `parameter_invalid`, `field_missing` and `field_unknown`.
template <Serialisable... A>
[[nodiscard]] Result<std::tuple<A...>> decode_arguments_json(std::string_view text,
                                                             std::span<const std::string_view> names) {
    auto json = Json::parse(text);
    if (!json) return std::move(json).error();
    try {
        std::size_t budget = detail::value_budget(text);
        detail::require_arguments(*json, names, detail::least_arguments<A...>());
        std::tuple<A...> arguments{};
        std::size_t i = 0;
        const auto next = [&](auto& argument) {
            detail::read_argument(*json, names[i], i, budget, argument);
            ++i;
        };
        std::apply([&](A&... each) { (next(each), ...); }, arguments);
        return arguments;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) {
        return detail::status_of_exception();
    }
}

/// One JSON value; null for a result `void`.
template <Serialisable R>
[[nodiscard]] Result<void> encode_result_json(std::string& out, const R& result) {
    auto json = to_json(result, "result");
    if (!json) return std::move(json).error();
    return json->dump_to(out);
}

template <class R>
    requires(Serialisable<R> || std::is_void_v<R>)
[[nodiscard]] Result<R> decode_result_json(std::string_view text) {
    auto json = Json::parse(text);
    if (!json) return std::move(json).error();
    try {
        std::size_t budget = detail::value_budget(text);
        using Value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
        Value value{};
        detail::read_json(*json, value, Place{budget, "result"});
        if constexpr (std::is_void_v<R>) return {};
        else return value;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) {
        return detail::status_of_exception();
    }
}

/// What everybody may know of a callback:
/// {"params":[{"name":"x","schema":{...}}],"result":{...}}, "idempotent":true when it is so, and "stream":true
/// when it gives many such results.
template <class R, Serialisable... A>
[[nodiscard]] Json describe_callback([[maybe_unused]] std::span<const std::string_view> names, bool idempotent,
                                     bool stream = false) {
    Json parameters = Json::array();
    std::size_t i = 0;
    (parameters.push_back(Json::object({{"name", names[i++]}, {"schema", schema<A>()}})), ...);
    Json description = Json::object({{"params", std::move(parameters)}, {"result", schema<R>()}});
    if (idempotent) description.set("idempotent", true);
    if (stream) description.set("stream", true);
    return description;
}

} // namespace malla::codec
