// SPDX-License-Identifier: Apache-2.0
// Messages that are sent together.
#include "transport/support.hpp"

#include <gtest/gtest.h>

namespace malla::transport::test {
namespace {

using Texts = std::vector<std::string>;

/// What is received, each with "+" behind it where another one came together with it.
Texts receive(Socket& socket, std::size_t count) {
    Texts texts;
    while (texts.size() < count) {
        const auto message = receive_one(socket);
        texts.push_back(std::string{message.bytes()} + (message.followed() ? "+" : ""));
    }
    return texts;
}

TEST(Together, MessagesArriveInTheirOrderAndKnowIt) {
    const Pair pair;
    ASSERT_EQ(pair.dealer->send_together(Texts{"a", "", "c"}), Sent::sent);
    ASSERT_EQ(pair.dealer->send("d"sv), Sent::sent);
    EXPECT_EQ(receive(*pair.router, 4), (Texts{"a+", "+", "c", "d"}));

    ASSERT_EQ(pair.router->send_together_to(pair.peer, Texts{"1", "2"}), Sent::sent);
    ASSERT_EQ(pair.router->send_to(pair.peer, "3"sv), Sent::sent);
    EXPECT_EQ(receive(*pair.dealer, 3), (Texts{"1+", "2", "3"}));
}

TEST(Together, AMessageMayBeAlone) {
    const Pair pair;
    ASSERT_EQ(pair.dealer->send_together(Texts{"alone"}), Sent::sent);
    EXPECT_EQ(receive(*pair.router, 1), (Texts{"alone"}));
    EXPECT_EQ(pair.dealer->send_together({}), Sent::sent);
}

TEST(Together, MessagesOfSeveralPeersKeepTheirSenders) {
    const Pair pair;
    const auto other = open(Pattern::dealer);
    must(other->connect(pair.endpoint));
    ASSERT_TRUE(send_when_connected(*other, "hello"));
    const auto other_peer = receive_one(*pair.router).peer();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(pair.dealer->send_together(Texts{"one", "one"}), Sent::sent);
        ASSERT_EQ(other->send_together(Texts{"other", "other"}), Sent::sent);
    }

    for (int i = 0; i < 400; ++i) {
        const auto message = receive_one(*pair.router);
        ASSERT_EQ(message.peer(), message.bytes() == "one" ? pair.peer : other_peer) << message.bytes();
    }
}

TEST(Together, AllOfThemAreSentOrNone) {
    const Pair pair{"tcp", {.max_message_bytes = 1000}};
    EXPECT_EQ(pair.router->send_together_to(pair.peer, Texts{"a", std::string(1001, 'b')}), Sent::too_large);
    EXPECT_EQ(pair.router->send_together_to(Peer{pair.peer.number() + 77}, Texts{"a", "b"}), Sent::unreachable);
    const auto alone = open(Pattern::dealer);
    must(alone->connect(DeadAddress{}.endpoint));
    EXPECT_EQ(alone->send_together(Texts{"a", "b"}), Sent::full);

    ASSERT_EQ(pair.router->send_to(pair.peer, "next"sv), Sent::sent);
    EXPECT_EQ(receive(*pair.dealer, 1), (Texts{"next"}));
}

TEST(Together, AFullQueueTakesNoneAndLaterAllOfThem) {
    const Pair pair{"tcp", {.high_water_mark = 10}};
    const Texts two{std::string(100'000, 'x'), std::string(100'000, 'y')};
    std::size_t sent = 0;
    ASSERT_TRUE(eventually([&] {
        const auto result = pair.router->send_together_to(pair.peer, two);
        sent += result == Sent::sent ? 1 : 0;
        return result == Sent::full;
    }));

    for (std::size_t i = 0; i < 2 * sent; ++i) ASSERT_EQ(receive_one(*pair.dealer).bytes().front(), i % 2 ? 'y' : 'x');
    ASSERT_TRUE(eventually([&] { return pair.router->send_together_to(pair.peer, Texts{"a", "b"}) == Sent::sent; }));
    EXPECT_EQ(receive(*pair.dealer, 2), (Texts{"a+", "b"}));
}

TEST(Together, WhatGoesToAConnectionThatEndsMeanwhileLeavesTheNextOnesWhole) {
    for (int round = 0; round < 10; ++round) {
        const Pair pair;
        std::thread ending{[&] { pair.router->close(); }};
        while (pair.dealer->send_together(Texts(64, "lost")) == Sent::sent) {
        }
        ending.join();
        const auto next = open(Pattern::router);
        bind_again(*next, pair.endpoint);

        // What is sent before the end was noticed is lost too.
        ASSERT_TRUE(eventually([&] {
            (void)pair.dealer->send_together(Texts{"a", "b"});
            return next->readable();
        }));
        ASSERT_EQ(receive(*next, 2), (Texts{"a+", "b"})) << "round " << round;
    }
}

} // namespace
} // namespace malla::transport::test
