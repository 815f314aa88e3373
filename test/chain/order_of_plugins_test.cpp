// SPDX-License-Identifier: Apache-2.0
// The written rule of the order, on the cases that the original tests and on those it gets wrong.
#include "malla/chain/chain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace malla {
namespace {

struct EmptyApi : Api<"Empty"> {};

template <class... P>
struct With : Service<EmptyApi> {
    using Plugins = malla::Plugins<P...>;
};

template <class S, class... P>
constexpr bool has_order = std::is_same_v<typename Chain<S>::Order, TypeList<S, P..., Base>>;

// The original's own example: Service1 lists P4, P3, P1, P2.
struct P1 : Plugin {};
struct P2 : Plugin {
    using Depends = malla::Depends<P1>;
};
struct P4 : Plugin {
    using Depends = malla::Depends<P1>;
};
struct P3 : Plugin {
    using Depends = malla::Depends<P2>;
};

struct Left : Plugin {
    using Depends = malla::Depends<P1>;
};
struct Right : Plugin {
    using Depends = malla::Depends<P1>;
};
struct Diamond : Plugin {
    using Depends = malla::Depends<Left, Right>;
};
static_assert(has_order<With<Diamond>, Diamond, Left, Right, P1>, "each once, however many paths lead to it");

struct I1 : Plugin {};
struct I2 : Plugin {};
struct I3 : Plugin {};
static_assert(has_order<With<I1, I2, I3>, I1, I2, I3>, "independent plugins keep the order of the list");
static_assert(has_order<With<I3, I1, I2>, I3, I1, I2>);
static_assert(has_order<With<>>, "the service and Base alone");

struct Wants : Plugin {
    using Depends = malla::Depends<Optional<I1>>;
};
static_assert(has_order<With<Wants>, Wants>, "an optional dependency is not brought in");
static_assert(has_order<With<I1, Wants>, Wants, I1>, "but it orders");

static_assert(has_order<With<Group<I3, I1, I2>>, I3, I1, I2>, "a group is a chain in its order, the first on top");
static_assert(has_order<With<I2, Group<I3, I1, I2>>, I3, I1, I2>, "whatever else the list says");

struct Named : Plugin {
    using Depends = malla::Depends<I2, I1>;
};
static_assert(has_order<With<Named, I3>, Named, I3, I2, I1>, "dependencies rank after all that is listed");

TEST(OrderOfPlugins, TheOriginalsExampleIsValid) {
    // P3 above P2 above P1, P4 above P1; by the rule P4, listed first, comes first.
    EXPECT_TRUE((has_order<With<P4, P3, P1, P2>, P4, P3, P2, P1>));
}

struct Loner : Plugin {
    using Depends = malla::Depends<Loner>;
};

TEST(OrderOfPlugins, APluginThatDependsOnItselfIsNoCircle) { EXPECT_TRUE((has_order<With<Loner, I1>, Loner, I1>)); }

TEST(OrderOfPlugins, DeclaredNamesAreTheListAlone) {
    using C = Chain<With<Diamond>>;
    EXPECT_EQ(C::declared_names().size(), 1u);
    EXPECT_EQ(C::size(), 6u);
}

} // namespace
} // namespace malla
