// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_environment.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::Contains;
using testing::Not;
using testing::StartsWith;

TEST(ServeEnvironment, HasTheCallAndItsMetadata) {
    CallInfo info;
    info.id.number = 12;
    info.caller_name = "shop";
    info.identity = "till 3";
    info.metadata = {{"tenant", "a=b c"}, {"x-user.id", "7"}};
    const auto all = call_environment({"Text", "upper"}, info, "00-1-2-01");
    for (const std::string variable :
         {"MALLA_SERVICE=Text", "MALLA_CALLBACK=upper", "MALLA_CALLER=shop", "MALLA_IDENTITY=till 3",
          "TRACEPARENT=00-1-2-01", "MALLA_META_TENANT=a=b c", "MALLA_META_X_USER_ID=7"})
        EXPECT_THAT(all, Contains(variable));
    EXPECT_THAT(all, Contains("MALLA_REQUEST_ID=" + NodeId{}.text() + "/12"));
}

TEST(ServeEnvironment, LeavesOutWhatIsNotThereOrCannotBe) {
    CallInfo info;
    info.metadata = {{"key", std::string_view{"a\0b", 3}}};
    const auto all = call_environment({"Text", "upper"}, info, "");
    EXPECT_THAT(all, Not(Contains(StartsWith("TRACEPARENT"))));
    EXPECT_THAT(all, Not(Contains(StartsWith("MALLA_META_"))));
}

} // namespace
} // namespace malla::cli
