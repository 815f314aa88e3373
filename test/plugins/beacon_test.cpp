// SPDX-License-Identifier: Apache-2.0
#include "plugins/beacon/beacon.hpp"
#include "plugins/beacon/frame.hpp"
#include "plugins/beacon/sightings.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace malla::plugins {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

BeaconFrame frame_of(NodeId node, std::string endpoint = "tcp://127.0.0.1:4711") {
    return {BeaconFrame::Kind::here, node, "malla", std::move(endpoint)};
}

NodeId node_of(std::uint8_t last) {
    NodeId::Bytes bytes{};
    bytes.back() = last;
    return NodeId{bytes};
}

TEST(BeaconFrame, HasTheBytesOfTheDocument) {
    const auto bytes = encode(frame_of(node_of(7)));

    ASSERT_TRUE(bytes);
    const std::string node(15, '\0');
    EXPECT_EQ(*bytes, "MLLB\x01\x01" + node + "\x07" + "\x05malla" + "\x14tcp://127.0.0.1:4711");
    EXPECT_EQ(decode_beacon(*bytes), frame_of(node_of(7)));
}

TEST(BeaconFrame, TextsHaveALimit) {
    auto longest = frame_of(node_of(7), std::string(255, 'e'));
    longest.cluster = std::string(255, 'c');
    const auto bytes = encode(longest);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), BeaconFrame::max_bytes);
    EXPECT_EQ(decode_beacon(*bytes), longest);
    EXPECT_FALSE(encode(frame_of(node_of(7), std::string(256, 'e'))));
}

TEST(BeaconFrame, WhatIsNoneIsNotRead) {
    const auto good = *encode(frame_of(node_of(7)));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_beacon(std::string_view{good}.substr(0, size))) << size;
    EXPECT_FALSE(decode_beacon(good + 'x'));
    EXPECT_FALSE(decode_beacon(*encode(frame_of({}))));
    for (const auto& [at, byte] : {std::pair{0, 'm'}, {4, '\2'}, {5, '\0'}, {5, '\4'}, {22, '\xff'}}) {
        auto changed = good;
        changed[static_cast<std::size_t>(at)] = byte;
        EXPECT_FALSE(decode_beacon(changed)) << at;
    }
}

TEST(Sightings, AreOfOtherNodesOfTheClusterUntilTheyFallSilentOrLeave) {
    const Clock::time_point now{1h};
    Sightings seen{node_of(1), "malla"};
    auto other_cluster = frame_of(node_of(4));
    other_cluster.cluster = "other";

    EXPECT_FALSE(seen.hear(frame_of(node_of(1)), "10.0.0.1", now));
    EXPECT_FALSE(seen.hear(other_cluster, "10.0.0.1", now));
    EXPECT_FALSE(seen.hear(frame_of(node_of(5), ""), "10.0.0.1", now)) << "it hosts nothing";
    EXPECT_THAT(seen.endpoints(), IsEmpty());

    EXPECT_TRUE(seen.hear(frame_of(node_of(2), "tcp://0.0.0.0:80"), "10.0.0.2", now));
    EXPECT_FALSE(seen.hear(frame_of(node_of(2), "tcp://0.0.0.0:80"), "10.0.0.2", now + 1s));
    EXPECT_TRUE(seen.hear(frame_of(node_of(3), "tcp://10.0.0.3:80"), "10.9.9.9", now));
    EXPECT_THAT(seen.endpoints(), ElementsAre("tcp://10.0.0.2:80", "tcp://10.0.0.3:80"));

    EXPECT_FALSE(seen.forget(now + 4999ms));
    EXPECT_TRUE(seen.forget(now + 5s));
    EXPECT_THAT(seen.endpoints(), ElementsAre("tcp://10.0.0.2:80"));
    auto goodbye = frame_of(node_of(2));
    goodbye.kind = BeaconFrame::Kind::gone;
    EXPECT_TRUE(seen.hear(goodbye, "10.0.0.2", now + 5s));
    EXPECT_THAT(seen.endpoints(), IsEmpty());
}

TEST(Sightings, AFloodOfNodesIsBounded) {
    const Clock::time_point now{1h};
    Sightings seen{node_of(1), "malla"};
    for (std::size_t i = 0; i < Sightings::max_nodes; ++i)
        EXPECT_TRUE(seen.hear(frame_of(NodeId::random(), "tcp://10.0.0.3:" + std::to_string(i + 1)), "10.0.0.3", now));
    EXPECT_FALSE(seen.hear(frame_of(NodeId::random()), "10.0.0.3", now));
    EXPECT_EQ(seen.endpoints().size(), Sightings::max_nodes);
}

TEST(Beacon, TakesAGroupAndAnInterface) {
    const auto options = BeaconOptions::parse("beacon://239.1.2.3:7000?interface=lo");
    ASSERT_TRUE(options);
    EXPECT_EQ(options->port, 7000);
    EXPECT_EQ(options->interface, "lo");
    EXPECT_TRUE(BeaconOptions::parse("beacon://224.0.0.0"));
    EXPECT_TRUE(BeaconOptions::parse("beacon://239.255.255.255"));
    for (const auto* wrong : {"beacon://10.0.0.1:7000", "beacon://223.255.255.255:1", "beacon://240.0.0.0:1",
                              "beacon://name:1", "beacon://239.1.2.3:0", "beacon://239.1.2.3?port=1"})
        EXPECT_FALSE(Beacon::make(wrong)) << wrong;
}

TEST(Beacon, StopsAtOnceAlsoWithAnInterfaceThatDoesNotExist) {
    auto made = Beacon::make("beacon://239.255.77.65:46255?interface=nosuch0");
    ASSERT_TRUE(made);
    std::atomic<int> failures = 0;
    discovery::Finder::Host host;
    host.cluster = "malla";
    host.node = node_of(1);
    host.found = [](const std::vector<std::string>&) {};
    host.failed = [&](const Status& status) {
        EXPECT_THAT(status.info(), ::testing::HasSubstr("nosuch0"));
        failures += 1;
        failures.notify_all();
    };
    (*made)->start(host);
    failures.wait(0);
    (*made)->stop(Deadline::in(1s));
    EXPECT_GE(failures, 1);
}

} // namespace
} // namespace malla::plugins
