// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/endpoint.hpp"

#include <gtest/gtest.h>

namespace malla::transport {
namespace {

std::string spelled(std::string_view endpoint) {
    const auto result = canonical(endpoint);
    return result ? *result : std::string{result.error().id()};
}

TEST(Endpoint, HasOneSpelling) {
    EXPECT_EQ(spelled("tcp://127.0.0.1:7700"), "tcp://127.0.0.1:7700");
    EXPECT_EQ(spelled("tcp://127.0.0.1:07700"), "tcp://127.0.0.1:7700");
    EXPECT_EQ(spelled("tcp://[0:0:0::1]:1"), "tcp://[::1]:1");
    EXPECT_EQ(spelled("tcp://[fe80::01%eth0]:1"), "tcp://[fe80::1%eth0]:1");
    EXPECT_EQ(spelled("tcp://[::ffff:10.0.0.1]:1"), "tcp://10.0.0.1:1");
    EXPECT_EQ(spelled("tcp://*:0"), "tcp://*:*");
    EXPECT_EQ(spelled("tcp://10.0.0.1:65535"), "tcp://10.0.0.1:65535");
    EXPECT_EQ(spelled("ipc:///tmp/x"), "ipc:///tmp/x");
    EXPECT_EQ(spelled("inproc://x"), "inproc://x");
}

class NoEndpoint : public testing::TestWithParam<const char*> {};

TEST_P(NoEndpoint, IsRefused) { EXPECT_EQ(spelled(GetParam()), "endpoint_invalid"); }

INSTANTIATE_TEST_SUITE_P(All, NoEndpoint,
                         testing::Values("", "tcp", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://:1",
                                         "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:1x",
                                         "tcp://localhost:1", "tcp://eth0:1", "tcp://127.1:1", "tcp://::1:1",
                                         "tcp://[::1:1", "tcp://[]:1", "tcp://[127.0.0.1]:1", "tcp://1.2.3.4;5.6.7.8:1",
                                         "ipc://", "inproc://", "udp://127.0.0.1:1", "127.0.0.1:1"));

TEST(Endpoint, ResolvesANameToItsIpv4AddressFirst) {
    const auto resolved = resolve("tcp://localhost:7700");

    ASSERT_TRUE(resolved);
    EXPECT_EQ(*resolved, "tcp://127.0.0.1:7700");
}

TEST(Endpoint, ResolvesWhatIsNumericToItself) {
    EXPECT_EQ(*resolve("tcp://[0::1]:1"), "tcp://[::1]:1");
    EXPECT_EQ(*resolve("ipc://@x"), "ipc://@x");
}

TEST(Endpoint, SaysThatANameHasNoAddress) {
    EXPECT_EQ(resolve("tcp://no-such-host.invalid:1").error().id(), "endpoint_unreachable");
    EXPECT_EQ(resolve("tcp://a b:1").error().id(), "endpoint_invalid");
    EXPECT_EQ(resolve("tcp://localhost").error().id(), "endpoint_invalid");
}

TEST(Endpoint, KnowsTheOwnAddressOnTheWayToAnother) {
    EXPECT_EQ(own_host_towards("tcp://127.0.0.5:7700"), "127.0.0.1");
    EXPECT_EQ(own_host_towards("tcp://[::1]:7700"), "[::1]");
    for (const auto* none : {"tcp://localhost:1", "ipc:///tmp/x", "nothing", ""})
        EXPECT_EQ(own_host_towards(none), std::nullopt) << none;
}

TEST(Endpoint, KnowsWhatOnlyThisMachineCanReach) {
    for (const auto* near : {"tcp://127.0.0.1:1", "tcp://127.9.9.9:*", "tcp://[::1]:1", "tcp://localhost:1",
                             "tcp://[::ffff:127.0.0.1]:1", "ipc:///tmp/x", "inproc://x"}) {
        EXPECT_TRUE(is_loopback(near)) << near;
    }
    for (const auto* far : {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://[fe80::1]:1",
                            "tcp://[::ffff:10.0.0.1]:1", "tcp://127.0.0.1.example.org:1", "nothing", ""}) {
        EXPECT_FALSE(is_loopback(far)) << far;
    }
}

} // namespace
} // namespace malla::transport
