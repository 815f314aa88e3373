// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/relay.hpp"

#include "wire/golden.hpp"

#include <gtest/gtest.h>

namespace malla::wire {
namespace {

TEST(RelayFrame, CarriesAnyBytesWholeWithoutReadingThem) {
    std::string bytes(70'000, '\0');
    bytes[1] = '\xff';

    const std::string frame = encode(Relay{4'000'000'000, {}, bytes});

    EXPECT_EQ(*decode_relay(frame), (Relay{4'000'000'000, {}, bytes}));
}

TEST(RelayFrame, WithAKeyBeyondItsLimitIsRefused) {
    EXPECT_TRUE(decode_relay(encode(Relay{1, std::string(max_name_bytes, 'k'), "x"})));
    EXPECT_EQ(decode_relay(encode(Relay{1, std::string(max_name_bytes + 1, 'k'), "x"})).error().info(),
              "RELAY: the key is 129 bytes, at most 128");
}

TEST(RelayOpen, NamesTwoNodesThatAreNotNil) {
    EXPECT_EQ(decode_relay_open(encode(RelayOpen{{}, golden::beta})).error().info(), "RELAY_OPEN: the node id is nil");
    EXPECT_EQ(decode_relay_open(encode(RelayOpen{golden::alpha, {}})).error().info(), "RELAY_OPEN: the node id is nil");
}

TEST(Hello, SaysWhetherItsNodeTakesRelayedCalls) {
    Hello hello{golden::alpha, "alpha", "malla"};
    for (const bool hosts : {false, true})
        for (const bool takes : {false, true}) {
            hello.hosts = hosts;
            hello.takes_relayed = takes;
            EXPECT_EQ(*decode_hello(encode(hello)), hello);
        }
}

TEST(Welcome, SaysWhetherItsBrokerRelays) {
    Welcome welcome = golden::welcome();
    welcome.relays = true;
    EXPECT_EQ(*decode_welcome(encode(welcome)), welcome);
    EXPECT_FALSE(decode_welcome(encode(golden::welcome()))->relays);
}

} // namespace
} // namespace malla::wire
