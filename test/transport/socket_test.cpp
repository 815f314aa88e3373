// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/socket.hpp"

#include "transport/support.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

namespace malla::transport::test {
namespace {

class OverEach : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Schemes, OverEach, testing::Values("tcp", "ipc", "inproc"),
                         [](const auto& scheme) { return std::string{scheme.param}; });

TEST_P(OverEach, ARequestReachesTheRouterAndItsReplyTheDealer) {
    Pair pair{GetParam()};

    ASSERT_EQ(pair.dealer->send("question"sv), Sent::sent);
    const auto request = receive_one(*pair.router);
    EXPECT_EQ(request.bytes(), "question");
    EXPECT_EQ(request.peer(), pair.peer);

    ASSERT_EQ(pair.router->send_to(request.peer(), "answer"sv), Sent::sent);
    EXPECT_EQ(receive_one(*pair.dealer).bytes(), "answer");
}

TEST_P(OverEach, EmptyAndLongMessagesArriveWhole) {
    Pair pair{GetParam()};
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096},
                                   std::size_t{1000000}, Profile{}.max_message_bytes}) {
        std::string bytes(size, 'x');
        if (size > 1) bytes.back() = 'y';
        auto given = bytes;
        ASSERT_EQ(pair.dealer->send(std::move(given)), Sent::sent);
        EXPECT_TRUE(receive_one(*pair.router).bytes() == bytes) << size;
        ASSERT_EQ(pair.router->send_to(pair.peer, std::string_view{bytes}), Sent::sent);
        EXPECT_TRUE(receive_one(*pair.dealer).bytes() == bytes) << size;
    }
}

TEST_P(OverEach, AMessageOverTheLimitIsRefusedByItsSender) {
    Pair pair{GetParam()};
    std::string bytes(Profile{}.max_message_bytes + 1, 'x');

    EXPECT_EQ(pair.dealer->send(std::string_view{bytes}), Sent::too_large);
    EXPECT_EQ(pair.router->send_to(pair.peer, std::move(bytes)), Sent::too_large);
    EXPECT_EQ(bytes.size(), Profile{}.max_message_bytes + 1);
    ASSERT_EQ(pair.dealer->send("small"sv), Sent::sent);
    EXPECT_EQ(receive_one(*pair.router).bytes(), "small");
}

TEST_P(OverEach, ASubscriberGetsWhatBeginsWithItsPrefix) {
    const auto pub = open(Pattern::pub);
    const auto sub = open(Pattern::sub);
    must(sub->subscribe("a"));
    must(sub->subscribe("z"));
    must(sub->connect(must(pub->bind(fresh_endpoint(GetParam())))));
    std::vector<Message> got;
    ASSERT_TRUE(eventually([&] { return pub->send("a0"sv) == Sent::sent && sub->receive(got, 1) != 0; }));

    ASSERT_EQ(pub->send("b1"sv), Sent::sent);
    ASSERT_EQ(pub->send("a1"sv), Sent::sent);
    std::string next;
    do next = receive_one(*sub).bytes();
    while (next == "a0");
    EXPECT_EQ(next, "a1");

    must(sub->unsubscribe("a"));
    got.clear();
    EXPECT_TRUE(eventually([&] {
        got.clear();
        (void)pub->send("a2"sv);
        (void)pub->send("z"sv);
        (void)sub->receive(got);
        return !got.empty() && std::ranges::all_of(got, [](const Message& each) { return each.bytes() == "z"; });
    }));
}

TEST_P(OverEach, AClosedSocketRefusesEverything) {
    Pair pair{GetParam()};
    pair.dealer->close();
    pair.dealer->close();

    std::vector<Message> none;
    EXPECT_EQ(pair.dealer->send("x"sv), Sent::unreachable);
    EXPECT_EQ(pair.dealer->receive(none), 0U);
    EXPECT_EQ(pair.dealer->receive(none, Deadline::in(patience)), 0U);
    EXPECT_FALSE(pair.dealer->connect(pair.endpoint));
    EXPECT_FALSE(pair.dealer->bind(pair.endpoint));
    EXPECT_FALSE(pair.dealer->monitor());
}

TEST_P(OverEach, CloseEndsAReceiveThatWaits) {
    Pair pair{GetParam()};
    std::vector<Message> none;
    std::thread receiver{[&] { EXPECT_EQ(pair.dealer->receive(none, Deadline::in(1h)), 0U); }};

    pair.dealer->close();
    receiver.join();
}

TEST_P(OverEach, InterruptEndsAReceiveThatWaits) {
    Pair pair{GetParam()};
    std::vector<Message> none;
    pair.dealer->interrupt(); // counts for one that has yet to wait

    EXPECT_EQ(pair.dealer->receive(none, Deadline::in(1h)), 0U);
}

TEST(Socket, ReceiveWaitsUntilItsDeadlineAndNoLonger) {
    const Pair pair;
    std::vector<Message> none;
    const auto before = Clock::now();

    EXPECT_EQ(pair.dealer->receive(none, Deadline::in(30ms)), 0U);
    EXPECT_GE(Clock::now() - before, 30ms);
    EXPECT_LT(Clock::now() - before, patience);
}

TEST(Socket, ReceivesNoMoreThanItIsAsked) {
    const Pair pair;
    for (int i = 0; i < 5; ++i) ASSERT_EQ(pair.dealer->send("x"sv), Sent::sent);
    std::vector<Message> got;

    EXPECT_TRUE(eventually([&] { return pair.router->receive(got, 3) == 3 || got.size() >= 3; }));
    EXPECT_LE(got.size(), 5U);
    EXPECT_TRUE(eventually([&] { return pair.router->receive(got, 3) == 0 && got.size() == 5; }));
}

TEST(Socket, TellsPeersAndConnectionsApart) {
    const Pair pair;
    const auto other = open(Pattern::dealer);
    must(other->connect(pair.endpoint));
    ASSERT_TRUE(send_when_connected(*other, "b"));
    const auto b = receive_one(*pair.router);
    ASSERT_EQ(pair.dealer->send("a"sv), Sent::sent);
    const auto a = receive_one(*pair.router);

    EXPECT_EQ(a.peer(), pair.peer);
    EXPECT_NE(a.peer(), b.peer());
    EXPECT_GE(a.connection(), 0);
    EXPECT_NE(a.connection(), b.connection());
    EXPECT_EQ((std::set<Peer>{a.peer(), b.peer(), pair.peer}.size()), 2U);
}

TEST(Socket, BindReturnsTheEndpointToConnectTo) {
    const auto v4 = open(Pattern::router);
    const auto v6 = open(Pattern::router);

    EXPECT_TRUE(must(v4->bind("tcp://127.0.0.1:0")).starts_with("tcp://127.0.0.1:"));
    const auto endpoint = must(v6->bind("tcp://[::1]:*"));
    EXPECT_TRUE(endpoint.starts_with("tcp://[::1]:")) << endpoint;
    const auto dealer = open(Pattern::dealer);
    must(dealer->connect(endpoint));
    EXPECT_TRUE(send_when_connected(*dealer, "over IPv6"));
}

TEST(Socket, RefusesWhatItCannotBindOrConnectTo) {
    const auto socket = open(Pattern::router);

    EXPECT_EQ(socket->bind("tcp://localhost:*").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->bind("nonsense").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->bind("ipc:///no/such/folder/x").error().id(), "internal_error");
    EXPECT_EQ(socket->connect("tcp://localhost:1").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->connect("tcp://127.0.0.1:*").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->connect("tcp://*:1").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->disconnect("tcp://127.0.0.1:1").error().id(), "endpoint_invalid");
    EXPECT_EQ(socket->unbind("tcp://127.0.0.1:1").error().id(), "endpoint_invalid");
}

TEST_P(OverEach, AnAddressInUseIsNotTaken) {
    Pair pair{GetParam()};
    const auto thief = open(Pattern::router);

    const auto bound = thief->bind(pair.endpoint);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().id(), "address_in_use");
    ASSERT_EQ(pair.dealer->send("still here"sv), Sent::sent);
    EXPECT_EQ(receive_one(*pair.router).bytes(), "still here");
}

TEST(Socket, AnIpcPathLeftByADeadProcessIsTakenOver) {
    const auto endpoint = fresh_endpoint("ipc");
    std::ofstream{endpoint.substr(6)} << "left over";

    EXPECT_EQ(must(open(Pattern::router)->bind(endpoint)), endpoint);
}

TEST(Socket, ConnectingTwiceIsOnceAndAnySpellingDisconnects) {
    const auto router = open(Pattern::router);
    const auto dealer = open(Pattern::dealer);
    const auto endpoint = must(router->bind("tcp://[::1]:*"));
    const auto other_spelling = "tcp://[0::1]" + endpoint.substr(endpoint.rfind(':'));
    must(dealer->connect(endpoint));
    must(dealer->connect(other_spelling));
    ASSERT_TRUE(send_when_connected(*dealer, "1"));
    ASSERT_EQ(dealer->send("2"sv), Sent::sent);

    EXPECT_EQ(receive_one(*router).peer(), receive_one(*router).peer());
    must(dealer->disconnect(other_spelling));
    EXPECT_TRUE(eventually([&] { return dealer->send("3"sv) == Sent::full; }));
}

} // namespace
} // namespace malla::transport::test
