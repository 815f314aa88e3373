// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace malla::detail {

/// A `const T&` on its way down a chain; what a link changes it to is kept here.
template <class T>
class HeldReference {
public:
    HeldReference(const T& argument) noexcept : now_{std::addressof(argument)} {}

    operator const T&() const noexcept { return *now_; }
    void change(T& to) { now_ = std::addressof(changed_.emplace(std::move(to))); }

private:
    const T* now_;
    std::optional<T> changed_;
};

/// How an argument is held between the links of a chain: a value by itself, as each link gets a copy.
template <class A>
struct Hold {
    using Type = A;
    using In = A&;
};
template <class T>
struct Hold<const T&> {
    using Type = HeldReference<T>;
    using In = HeldReference<T>;
};
template <class A>
using Held = typename Hold<A>::Type;
/// The type of a function's parameter for what is held.
template <class A>
using HeldIn = typename Hold<A>::In;

template <class T>
[[gnu::always_inline]] inline void change(T& held, T& to) {
    held = std::move(to);
}
template <class T>
[[gnu::always_inline]] inline void change(HeldReference<T>& held, T& to) {
    held.change(to);
}

/// The argument for a link that is the last to see it.
template <class A>
[[gnu::always_inline]] inline A&& last(A& held) noexcept {
    return static_cast<A&&>(held);
}

} // namespace malla::detail
