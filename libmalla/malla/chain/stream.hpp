// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/error.hpp"
#include "malla/base/result.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace malla {

namespace detail {

/// Walks over what `next()` of a stream gives; throws `Error` when it gives a status.
template <class S, class T>
class StreamIterator {
public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    explicit StreamIterator(S& stream) : stream_{&stream} { ++*this; }

    [[nodiscard]] T& operator*() const { return *value_; }
    StreamIterator& operator++() {
        value_ = value_or_throw(stream_->next());
        return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !value_; }

private:
    S* stream_;
    mutable std::optional<T> value_;
};

} // namespace detail

/// Many results of one call, each made when it is asked for. As the result of a callback,
///
///     struct Numbers : malla::Callback<"numbers(from, to)", malla::Stream<int>(int, int)> {};
///
/// it is made of a function that gives the next value, or nothing behind the last one:
///
///     malla::Stream<int> on(Numbers, int from, int to) {
///         return [=]() mutable -> std::optional<int> {
///             if (from > to) return std::nullopt;
///             return from++;
///         };
///     }
///
/// One that can fail gives a `Result<std::optional<T>>`. After the last value, a status or an exception
/// the function is not asked again and is destroyed. Moving it is cheap.
template <class T>
class [[nodiscard]] Stream {
public:
    using Value = T;

    /// One without values.
    Stream() noexcept = default;
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Stream> && std::invocable<std::decay_t<F>&> &&
                 std::convertible_to<std::invoke_result_t<std::decay_t<F>&>, Result<std::optional<T>>>)
    Stream(F&& next) : source_{std::make_unique<Function<std::decay_t<F>>>(std::forward<F>(next))} {}

    /// The next value, nothing behind the last one, or why there is no further one.
    [[nodiscard]] Result<std::optional<T>> next() {
        auto source = std::move(source_);
        if (!source) return std::optional<T>{};
        Result<std::optional<T>> value = source->next();
        if (value && *value) source_ = std::move(source);
        return value;
    }

    /// Its values, for a range-based `for`, which throws `Error` when the stream ends with a status. Once.
    [[nodiscard]] auto begin() { return detail::StreamIterator<Stream, T>{*this}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    struct Source {
        virtual ~Source() = default;
        virtual Result<std::optional<T>> next() = 0;
    };
    template <class F>
    struct Function final : Source {
        explicit Function(F from) : function(std::move(from)) {}
        Result<std::optional<T>> next() override { return function(); }
        F function;
    };

    std::unique_ptr<Source> source_;
};

template <class R>
inline constexpr bool is_stream = false;
template <class T>
inline constexpr bool is_stream<Stream<T>> = true;

namespace detail {
template <class R>
struct ValueOf {
    using Type = R;
};
template <class T>
struct ValueOf<Stream<T>> {
    using Type = T;
};
} // namespace detail

/// What a result gives at a time: `T` for a `Stream<T>`, else the result itself.
template <class R>
using ValueOf = typename detail::ValueOf<R>::Type;

} // namespace malla
