// SPDX-License-Identifier: Apache-2.0
#include "cli/tap_line.hpp"

#include <gtest/gtest.h>

namespace malla::cli {
namespace {

admin::TappedCall call() {
    admin::TappedCall call;
    call.at_us = 1'748'781'000'250'417;
    call.callback = "text";
    call.caller = "desk";
    call.arguments = Json::array({"a\x1b[2J", 2});
    call.arguments_bytes = 20;
    call.result = "b";
    call.result_bytes = 3;
    call.status = "ok";
    call.took_ns = 12'340;
    return call;
}

TEST(TapLine, IsOneObjectForAProgram) {
    EXPECT_EQ(tap_line("Echo", "kitchen", call(), {}),
              R"({"time":"2025-06-01T12:30:00.250417Z","service":"Echo","callback":"text","node":"kitchen",)"
              R"("caller":"desk","arguments":["a\u001b[2J",2],"status":"ok","result":"b","took_us":12.3})"
              "\n");
}

TEST(TapLine, IsShortAndHarmlessForPeople) {
    EXPECT_EQ(tap_line("Echo", "kitchen", call(), {true, true}),
              "12:30:00.250 kitchen desk text(\"a\\u001b[2J\",2) = \"b\" 12.3 us\n");
    auto failed = call();
    failed.status = "not_found";
    failed.info = "no\x1b soup";
    EXPECT_EQ(tap_line("Echo", "kitchen", failed, {true, true}),
              "12:30:00.250 kitchen desk text(\"a\\u001b[2J\",2) ! not_found: no? soup 12.3 us\n");
}

TEST(TapLine, TellsTheSizeOfWhatIsNotShown) {
    auto large = call();
    large.arguments = Json{};
    large.arguments_bytes = 20'000;
    large.result = Json{};
    large.result_bytes = 30'000;
    EXPECT_EQ(tap_line("Echo", "kitchen", large, {true, false}),
              "12:30:00.250 kitchen desk text((20000 bytes)) = (30000 bytes) 12.3 us\n");
    const std::string line = tap_line("Echo", "kitchen", large, {});
    EXPECT_NE(line.find(R"("arguments_bytes":20000,"result_bytes":30000)"), std::string::npos) << line;
}

} // namespace
} // namespace malla::cli
