// SPDX-License-Identifier: Apache-2.0
#include "malla/node/options.hpp"

#include <gmock/gmock.h>

namespace malla {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitEndpoints, LeavesTheAddressesOfOneUrlTogether) {
    EXPECT_THAT(split_endpoints(""), IsEmpty());
    EXPECT_THAT(split_endpoints(",,"), IsEmpty());
    EXPECT_THAT(split_endpoints("tcp://a:1"), ElementsAre("tcp://a:1"));
    EXPECT_THAT(split_endpoints("etcd://a:1,b:2,,tcp://c:3,dns://d"),
                ElementsAre("etcd://a:1,b:2", "tcp://c:3", "dns://d"));
    EXPECT_THAT(split_endpoints("tcp://a:1,b:2"), ElementsAre("tcp://a:1", "b:2"));
}

} // namespace
} // namespace malla
