// SPDX-License-Identifier: Apache-2.0
// Nodes that cannot connect to each other, and a broker that they have joined.
#include "discovery/mesh.hpp"
#include "malla/node/remote.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::BrokerProcess;
using test::eventually;

struct Double : Callback<"double(x)", std::int64_t(std::int64_t)> {};
struct MathApi : Api<"Math", Double> {};

struct Math : Service<MathApi> {
    static constexpr bool concurrent = true;
    std::int64_t on(Double, std::int64_t x) { return 2 * x; }
};

std::atomic<int> said = 0;

class RelayedNodes : public ::testing::Test {
protected:
    RelayedNodes() {
        said = 0;
        set_log_sink([](LogLevel, std::string_view text) noexcept {
            if (text.find("go through the broker at") != std::string_view::npos) ++said;
        });
    }
    static discovery::Broker::Options at(std::string endpoint, bool relays) {
        discovery::Broker::Options options;
        options.endpoints = {std::move(endpoint)};
        options.relays = relays;
        return options;
    }
    [[nodiscard]] NodeOptions options(std::string name) const {
        NodeOptions options;
        options.name = std::move(name);
        options.brokers = {broker->endpoint()};
        options.direct_retry = 10ms;
        return options;
    }
    /// One that nobody can connect to: it says that it is where nobody listens.
    [[nodiscard]] NodeOptions hidden() const {
        NodeOptions hidden = options("hidden");
        hidden.advertise = nowhere;
        return hidden;
    }

    const std::string nowhere = test::free_endpoint();
    std::optional<BrokerProcess> broker{std::in_place, at("tcp://127.0.0.1:*", true)};
};

TEST_F(RelayedNodes, CallOneAnotherThroughTheirBrokerAndSayItOnce) {
    Node host{hidden()};
    host.start<Math>();
    Node caller{options("caller")};
    Remote<MathApi> math{caller};
    for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(math.call<Double>(i), 2 * i);
    EXPECT_EQ(caller.broker_to(host.id()), broker->endpoint());
    EXPECT_EQ(said, 1);
}

TEST_F(RelayedNodes, CallFromManyThreadsAtOnce) {
    Node host{hidden()};
    host.start<Math>();
    Node caller{options("caller")};
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (std::int64_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            Remote<MathApi> math{caller};
            for (std::int64_t i = 0; i < 50; ++i) right += math.call<Double>(t * 100 + i) == 2 * (t * 100 + i) ? 1 : 0;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right, 200);
}

TEST_F(RelayedNodes, CallDirectlyAgainWhenSomebodyTakesTheConnection) {
    NodeOptions where_it_says = hidden();
    Node host{where_it_says};
    host.start<Math>();
    Node caller{options("caller")};
    Remote<MathApi> math{caller};
    EXPECT_EQ(math.call<Double>(1), 2);
    ASSERT_NE(caller.broker_to(host.id()), "");

    auto router = *transport::Socket::open(transport::Pattern::router);
    ASSERT_TRUE(router->bind(nowhere));
    EXPECT_TRUE(eventually([&] { return caller.broker_to(host.id()).empty(); }));
}

TEST_F(RelayedNodes, SayWhatToDoWhenTheBrokerDoesNotRelay) {
    broker.reset();
    broker.emplace(at("tcp://127.0.0.1:*", false));
    Node host{hidden()};
    host.start<Math>();
    Node caller{options("caller")};
    Remote<MathApi> math{caller};
    const auto result = math.try_call<Double>(within(1500ms), 1);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "endpoint_unreachable");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
    EXPECT_NE(result.error().info().find("--no-relay"), std::string::npos) << result.error().info();
    EXPECT_EQ(caller.broker_to(host.id()), "");
}

} // namespace
} // namespace malla
