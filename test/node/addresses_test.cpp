// SPDX-License-Identifier: Apache-2.0
// Where nodes are to be found, and what is in their names.
#include "malla/node/advertised.hpp"
#include "malla/node/channel.hpp"
#include "malla/node/remote.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/call.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;

struct Who : Callback<"who()", std::string()> {};
struct NamedApi : Api<"Named", Who> {};
struct Named : Service<NamedApi> {
    using Plugins = malla::Plugins<>;
    Named() = default;
    explicit Named(std::string name) : name_{std::move(name)} {}
    std::string on(Who) { return name_; }

private:
    std::string name_;
};

Result<std::string> who(Node& caller, std::string on) {
    CallOptions options = within(10s);
    options.on = std::move(on);
    return Remote<NamedApi>{caller}.try_call<Who>(std::move(options));
}
std::string port_of(const std::string& endpoint) { return endpoint.substr(endpoint.rfind(':')); }

TEST(Addresses, NodesMeetAndCallEachOtherByIpv6) {
    NodeOptions options = alone("first");
    options.bind = "tcp://[::1]:*";
    Node first{options};
    options = joined_to(first, "second");
    options.bind = "tcp://[::1]:*";
    Node second{options};
    first.start(Named{"by version 6"});

    EXPECT_TRUE(second.endpoint().starts_with("tcp://[::1]:")) << second.endpoint();
    const auto answer = who(second, "first");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(*answer, "by version 6");
    EXPECT_TRUE(eventually([&] { return first.nodes().size() == 2; }));
}

TEST(Addresses, OthersConnectToWhatIsAdvertisedAndNotToWhatIsBound) {
    std::string port;
    {
        const auto socket = transport::Socket::open(transport::Pattern::router);
        port = port_of(*(*socket)->bind("tcp://127.0.0.1:*"));
    }
    NodeOptions options = alone("advertised");
    options.bind = "tcp://*" + port;
    options.advertise = "tcp://127.0.0.9" + port;
    options.insecure = true;
    std::optional<Node> advertised;
    ASSERT_TRUE(eventually([&] { // ZeroMQ has not let go of the port yet
        try {
            advertised.emplace(options);
        } catch (const Error&) {
        }
        return advertised.has_value();
    }));
    advertised->start(Named{"there"});
    Node caller{joined_to(*advertised, "caller")};

    EXPECT_EQ(advertised->endpoint(), "tcp://127.0.0.9" + port);
    const auto answer = who(caller, "advertised");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(*answer, "there");
}

TEST(Addresses, ANodeThatIsBoundAtAllOfThemAnnouncesTheOneTowardsItsBrokerOrPeer) {
    NodeOptions options;
    options.brokers = {"tcp://127.0.0.5:6255"};
    EXPECT_EQ(*advertised_endpoint(options, "tcp://0.0.0.0:7000"), "tcp://127.0.0.1:7000");
    EXPECT_EQ(*advertised_endpoint(options, "tcp://[::]:7000"), "tcp://127.0.0.1:7000");
    options.brokers = {"tcp://no-such-host.invalid:6255"};
    options.peers = {"tcp://[::1]:7001"};
    EXPECT_EQ(*advertised_endpoint(options, "tcp://0.0.0.0:7000"), "tcp://[::1]:7000");
    EXPECT_EQ(*advertised_endpoint(options, "tcp://10.1.2.3:7000"), "tcp://10.1.2.3:7000");

    const std::string unknown = *advertised_endpoint({}, "tcp://0.0.0.0:7000");
    EXPECT_FALSE(unknown.starts_with("tcp://0.0.0.0:")) << unknown;
    options.advertise = "nonsense";
    EXPECT_EQ(advertised_endpoint(options, "tcp://0.0.0.0:7000").error().id(), "endpoint_invalid");
}

TEST(Addresses, ACallForTheNodeThatListenedThereBeforeIsNotRun) {
    Node server{alone("successor")};
    server.start(Named{"successor"});
    wire::Call call;
    call.id = 1;
    call.target = NodeId::random();
    call.remaining_us = 10'000'000;
    call.service = "Named";
    call.callback = "who";
    std::string frame;
    ASSERT_TRUE(wire::encode_header(frame, call));
    Attempt attempt{1, frame, false};
    const auto channel = *Channel::open(server.endpoint(), "predecessor", {});
    channel->submit(attempt);

    const auto ended = [&] {
        channel->flush(); // what a node does when the monitor says that it is connected
        return channel->wait(attempt, Deadline::in(10ms));
    };
    ASSERT_TRUE(eventually(ended));
    ASSERT_FALSE(attempt.outcome());
    EXPECT_EQ(attempt.outcome().error().id(), "wrong_instance");
    EXPECT_EQ(attempt.outcome().error().outcome(), Outcome::not_run);
    channel->die();
}

TEST(Names, OfTwoNodesWithOneNameBothAreSeenEitherAnswersToItAndTheirIdsTellThemApart) {
    Node one{alone("twin")};
    Node two{joined_to(one, "twin")};
    Node caller{joined_to(one, "caller")};
    one.start(Named{"one"});
    two.start(Named{"two"});
    ASSERT_TRUE(eventually([&] { return caller.instances_of("Named").size() == 2; }));

    EXPECT_EQ(caller.nodes().size(), 3U);
    std::set<std::string> heard;
    EXPECT_TRUE(eventually([&] {
        heard.insert(*who(caller, "twin"));
        return heard.size() == 2;
    }));
    EXPECT_EQ(heard, (std::set<std::string>{"one", "two"}));
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(*who(caller, one.id().text()), "one");
        EXPECT_EQ(*who(caller, two.id().text()), "two");
    }
}

} // namespace
} // namespace malla
