// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// log_level.cpp, compiled twice.
void report_everything(int customer);
void report_warnings(int customer);
std::string marker_function(int customer);

namespace {

std::vector<std::string> lines;
int built = 0;

TEST(LogLevel, FilesWithDifferentLevelsAreLinkedAndKeepThem) {
    const auto before =
        malla::set_log_sink([](malla::LogLevel, std::string_view line) noexcept { lines.emplace_back(line); });

    report_warnings(7);
    EXPECT_THAT(lines, ::testing::ElementsAre("marker_warning"));
    EXPECT_EQ(built, 0);
    lines.clear();
    report_everything(7);

    malla::set_log_sink(before);
    EXPECT_THAT(lines, ::testing::ElementsAre("marker_lazy customer 7", "marker_plain marker_key=7", "marker_warning"));
    EXPECT_EQ(built, 1);
}

} // namespace

std::string marker_function(int customer) {
    ++built;
    return "customer " + std::to_string(customer);
}
