// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace malla::cli {
namespace {

using testing::Eq;
using testing::Optional;

const std::vector<std::string> names{"call", "ls", "nodes", "describe", "Calculator"};

TEST(Nearest, FindsAMisspeltNameWhateverItsCapitals) {
    EXPECT_THAT(nearest("clal", names), Eq(std::nullopt)); // two of four letters differ
    EXPECT_THAT(nearest("cal", names), Optional(std::string{"call"}));
    EXPECT_THAT(nearest("calculater", names), Optional(std::string{"Calculator"}));
    EXPECT_THAT(nearest("node", names), Optional(std::string{"nodes"}));
}

TEST(Nearest, FindsTheOnlyNameThatBeginsSo) { EXPECT_THAT(nearest("desc", names), Optional(std::string{"describe"})); }

TEST(Nearest, KeepsSilentWhenNothingIsNear) {
    EXPECT_THAT(nearest("zebra", names), Eq(std::nullopt));
    EXPECT_THAT(nearest("", names), Eq(std::nullopt));
    EXPECT_THAT(nearest(std::string(1'000'000, 'x'), names), Eq(std::nullopt));
}

} // namespace
} // namespace malla::cli
