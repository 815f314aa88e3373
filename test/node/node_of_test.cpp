// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/next.hpp"
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;

struct Price : Callback<"price(plates)", int(int)> {};
struct Tax : Callback<"tax(price)", int(int)> {};
struct ShopApi : Api<"Shop", Price> {};
struct OfficeApi : Api<"Office", Tax> {};

struct Prices : Plugin {
    using Callbacks = malla::Callbacks<Price>;
    int on(Price, int plates) { return 10 * plates; }
};
/// Serial: one call at a time.
struct Shop : Service<ShopApi> {
    using Plugins = malla::Plugins<Prices>;
};
struct Office : Service<OfficeApi> {
    int on(Tax, int price) { return price / 5; }
};

/// Finds the office by itself, wherever it is.
struct WithTax : Plugin {
    using Callbacks = malla::Callbacks<Price>;

    Result<void> start(const Starting& starting) {
        office.emplace(node_of(starting));
        return node_of(starting).wait_for("Office", Deadline::in(60s));
    }
    Result<int> on(Price, Next<Price> next, int plates) {
        const auto price = next(plates);
        if (!price) return price;
        return *price + office->call<Tax>(within(60s), *price);
    }

    std::optional<Remote<OfficeApi>> office;
};

struct NodeOf : ::testing::Test {
    Node far{alone()};
    Node near{joined_to(far)};
    LiveService<Shop>& shop = near.start<Shop>();
};

TEST_F(NodeOf, IsWhatAPluginThatJoinsARunningServiceCallsOthersBy) {
    near.offer<WithTax>();
    far.start<Office>();
    ASSERT_TRUE(shop.control().add_plugin("WithTax"));

    for (int plates = 1; plates <= 3; ++plates)
        EXPECT_EQ(Remote<ShopApi>{far}.call<Price>(within(60s), plates), 12 * plates);
}

TEST_F(NodeOf, IsTheNodeThatHostsTheService) {
    struct Curious : Service<OfficeApi> {
        void start(const Starting& starting) { hosts = &node_of(starting); }
        int on(Tax, int) { return hosts->name() == "curious" ? 1 : 0; }
        Node* hosts = nullptr;
    };
    NodeOptions options = alone();
    options.name = "curious";
    Node curious{std::move(options)};

    EXPECT_EQ(curious.start<Curious>().call<Tax>(0), 1);
}

} // namespace
} // namespace malla
