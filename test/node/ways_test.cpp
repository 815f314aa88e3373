// SPDX-License-Identifier: Apache-2.0
#include "malla/node/ways.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

const NodeId node = NodeId::random();
const std::vector<std::string> brokers{"tcp://10.0.0.1:1", "tcp://10.0.0.2:2"};

TEST(Ways, AreDirectUntilThatFails) {
    Ways ways;
    EXPECT_FALSE(ways.broker_to(node));
    EXPECT_FALSE(ways.none_to(node));
    EXPECT_EQ(ways.direct_failed(node, brokers), brokers[0]);
    EXPECT_EQ(ways.broker_to(node), brokers[0]);
    EXPECT_FALSE(ways.broker_to(NodeId::random()));
    ways.forget(node);
    EXPECT_FALSE(ways.broker_to(node));
}

TEST(Ways, LeadNowhereWithoutABroker) {
    Ways ways;
    EXPECT_FALSE(ways.direct_failed(node, {}));
    EXPECT_TRUE(ways.none_to(node));
    EXPECT_FALSE(ways.broker_to(node));
    EXPECT_EQ(ways.direct_failed(node, brokers), brokers[0]) << "one came meanwhile";
    EXPECT_FALSE(ways.none_to(node));
}

TEST(Ways, TryEachBrokerOnceAndThenTheDirectOneAgain) {
    Ways ways;
    (void)ways.direct_failed(node, brokers);
    EXPECT_EQ(ways.broker_failed(node, brokers[0], brokers), brokers[1]);
    EXPECT_EQ(ways.broker_failed(node, brokers[0], brokers), brokers[1]) << "said again";
    EXPECT_EQ(ways.direct_failed(node, brokers), brokers[1]);
    EXPECT_FALSE(ways.broker_failed(node, brokers[1], brokers));
    EXPECT_FALSE(ways.broker_to(node));
    EXPECT_FALSE(ways.broker_failed(node, brokers[1], brokers));
    EXPECT_EQ(ways.direct_failed(node, brokers), brokers[0]);
}

} // namespace
} // namespace malla
