// SPDX-License-Identifier: Apache-2.0
#include "transport/support.hpp"

#include <csignal>
#include <thread>

#include <pthread.h>

namespace malla::transport::test {
namespace {

class EveryPattern : public testing::TestWithParam<Pattern> {};
INSTANTIATE_TEST_SUITE_P(All, EveryPattern,
                         testing::Values(Pattern::router, Pattern::dealer, Pattern::pub, Pattern::sub));

TEST_P(EveryPattern, HasTheProfile) {
    const std::map<std::string, std::int64_t> expected{{"linger", 0},
                                                       {"ipv6", 1},
                                                       {"immediate", 1},
                                                       {"connect_timeout", 1000},
                                                       {"handshake_ivl", 2000},
                                                       {"heartbeat_ivl", 0},
                                                       {"reconnect_ivl", 100},
                                                       {"reconnect_ivl_max", 2000},
                                                       {"backlog", 1024},
                                                       {"sndtimeo", 0},
                                                       {"rcvtimeo", 0},
                                                       {"tcp_keepalive", 1},
                                                       {"tcp_keepalive_idle", 5},
                                                       {"tcp_keepalive_intvl", 1},
                                                       {"tcp_keepalive_cnt", 3},
                                                       {"tcp_maxrt", 5000},
                                                       {"maxmsgsize", 12345},
                                                       {"sndhwm", 7},
                                                       {"rcvhwm", 7}};

    EXPECT_EQ(open(GetParam(), {.max_message_bytes = 12345, .high_water_mark = 7})->options(), expected);
}

TEST(Profile, IsRefusedWhenZeroMqDoesNotTakeIt) {
    const auto socket = Socket::open(Pattern::dealer, {.high_water_mark = -1});

    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().id(), "internal_error");
    EXPECT_NE(socket.error().info().find("sndhwm"), std::string::npos);
}

TEST(Profile, AMessageForNobodyIsRefusedAndNotKept) {
    const auto dealer = open(Pattern::dealer);
    EXPECT_EQ(dealer->send("nobody"sv), Sent::full);
    auto nobody = std::make_unique<DeadAddress>();
    const auto endpoint = nobody->endpoint;
    must(dealer->connect(endpoint));
    std::string given(100'000, 'x');
    EXPECT_EQ(dealer->send(std::move(given)), Sent::full);
    EXPECT_EQ(given, std::string(100'000, 'x')); // untouched, as promised

    nobody.reset();
    const auto router = open(Pattern::router);
    bind_again(*router, endpoint);
    ASSERT_TRUE(send_when_connected(*dealer, "somebody"));
    EXPECT_EQ(receive_one(*router).bytes(), "somebody");
}

TEST(Profile, ARouterSaysThatItHasNoSuchPeer) {
    Pair pair;
    EXPECT_EQ(pair.router->send_to(Peer{pair.peer.number() + 77}, "x"sv), Sent::unreachable);

    pair.dealer->close();
    EXPECT_TRUE(eventually([&] { return pair.router->send_to(pair.peer, "x"sv) == Sent::unreachable; }));
    EXPECT_EQ(pair.router->send_to(pair.peer, std::string(10'000, 'x')), Sent::unreachable);
}

TEST(Profile, APeerThatDoesNotReadFillsOnlyItsOwnQueue) {
    const Pair slow{"tcp", {.high_water_mark = 10}};
    const auto quick = open(Pattern::dealer);
    must(quick->connect(slow.endpoint));
    ASSERT_TRUE(send_when_connected(*quick, "hello"));
    const auto quick_peer = receive_one(*slow.router).peer();
    const std::string bytes(100'000, 'x');

    ASSERT_TRUE(eventually([&] { return slow.router->send_to(slow.peer, std::string_view{bytes}) == Sent::full; }));
    ASSERT_EQ(slow.router->send_to(quick_peer, "quick"sv), Sent::sent);
    EXPECT_EQ(receive_one(*quick).bytes(), "quick");
    ASSERT_TRUE(eventually([&] { return slow.router->send_to(slow.peer, std::string_view{bytes}) == Sent::full; }));
}

TEST(Profile, WhatWasSentToADeadNodeIsNotTakenByTheNextAtItsAddress) {
    Pair pair;
    for (int i = 0; i < 20; ++i) ASSERT_EQ(pair.dealer->send("old"sv), Sent::sent);
    pair.router->close();
    ASSERT_TRUE(eventually([&] { return pair.dealer->send("old"sv) == Sent::full; }));

    const auto next = open(Pattern::router);
    bind_again(*next, pair.endpoint);
    ASSERT_TRUE(send_when_connected(*pair.dealer, "new"));
    EXPECT_EQ(receive_one(*next).bytes(), "new");
}

TEST(Strangers, ARoutingIdOfItsOwnIsNotHeard) {
    const auto router = open(Pattern::router);
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    Stranger named{ZMQ_DEALER};
    named.set_routing_id("victim");
    named.connect(endpoint);
    named.send("ignored", true);
    named.send("ignored too");

    std::vector<Message> none;
    EXPECT_TRUE(eventually([&] { return router->receive(none) == 0 && router->dropped() == 2; }));
}

TEST(Strangers, EachOfManyFramesIsAMessage) {
    const auto router = open(Pattern::router);
    Stranger stranger{ZMQ_DEALER};
    stranger.connect(must(router->bind("tcp://127.0.0.1:*")));
    constexpr int count = 3000; // more than one receive takes
    for (int i = 1; i < count; ++i) stranger.send(std::to_string(i), true);
    stranger.send(std::to_string(count));
    stranger.send("", true);
    stranger.send("last");

    const auto peer = receive_one(*router).peer();
    for (int i = 2; i <= count; ++i) {
        const auto message = receive_one(*router);
        ASSERT_EQ(message.bytes(), std::to_string(i));
        ASSERT_EQ(message.peer(), peer);
        ASSERT_EQ(message.followed(), i != count);
    }
    EXPECT_EQ(receive_one(*router).bytes(), "");
    EXPECT_EQ(receive_one(*router).bytes(), "last");
    EXPECT_EQ(router->dropped(), 0U);
}

TEST(Strangers, AMessageOverTheLimitEndsItsConnectionAndNoOther) {
    const Pair pair{"tcp", {.max_message_bytes = 1000}};
    Stranger stranger{ZMQ_DEALER};
    stranger.connect(pair.endpoint);
    stranger.send("hello");
    const auto peer = receive_one(*pair.router).peer();
    ASSERT_EQ(pair.router->send_to(peer, "x"sv), Sent::sent);
    stranger.send(std::string(1001, 'x'));

    EXPECT_TRUE(eventually([&] { return pair.router->send_to(peer, "x"sv) == Sent::unreachable; }));
    ASSERT_EQ(pair.dealer->send(std::string(1000, 'y')), Sent::sent);
    EXPECT_EQ(receive_one(*pair.router).bytes().size(), 1000U);
}

void ignore_signal(int) {}

TEST(Signals, DoNotDisturbAReceiveThatWaits) {
    Pair pair;
    struct sigaction action {};
    action.sa_handler = ignore_signal; // without SA_RESTART: system calls end with EINTR
    ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
    std::atomic<bool> received{false};
    std::thread receiver{[&] {
        EXPECT_EQ(receive_one(*pair.router).bytes(), "through");
        received = true;
    }};

    for (int i = 0; i < 2000; ++i) pthread_kill(receiver.native_handle(), SIGUSR1);
    ASSERT_EQ(pair.dealer->send("through"sv), Sent::sent);
    while (!received) pthread_kill(receiver.native_handle(), SIGUSR1);
    receiver.join();
}

} // namespace
} // namespace malla::transport::test
