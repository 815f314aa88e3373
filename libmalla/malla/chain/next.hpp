// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/callback.hpp"

namespace malla {

namespace detail {
template <class C, class Parameters>
class NextOf;
}

/// The rest of the chain, for a link that wraps it: `next(arguments...)` runs it and gives its
/// answer. It may be called several times or not at all, and only while the link runs.
template <class C>
using Next = detail::NextOf<C, typename C::Parameters>;

namespace detail {

template <class C, class... A>
class NextOf<C, Parameters<A...>> {
public:
    using Run = Result<typename C::ResultType> (*)(void* chain, A... arguments);

    constexpr NextOf(void* chain, Run run) noexcept : chain_{chain}, run_{run} {}

    [[gnu::always_inline]] Result<typename C::ResultType> operator()(A... arguments) const {
        return run_(chain_, static_cast<A&&>(arguments)...);
    }

private:
    void* chain_;
    Run run_;
};

} // namespace detail
} // namespace malla
