// SPDX-License-Identifier: Apache-2.0
#include "malla/node/retry_budget.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

using namespace std::chrono_literals;

TEST(RetryBudget, AllowsNoRetriesBelowHalfOfItsTokens) {
    RetryBudgets budgets;
    for (int i = 0; i < 4; ++i) budgets.failed("Shop");
    EXPECT_TRUE(budgets.allow_retries("Shop"));

    budgets.failed("Shop");

    EXPECT_FALSE(budgets.allow_retries("Shop"));
    EXPECT_TRUE(budgets.allow_retries("Kitchen"));
}

TEST(RetryBudget, ASuccessGivesATenthOfAToken) {
    RetryBudgets budgets;
    for (int i = 0; i < 6; ++i) budgets.failed("Shop");
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(budgets.allow_retries("Shop"));
        budgets.succeeded("Shop");
    }
    EXPECT_FALSE(budgets.allow_retries("Shop")); // half is not enough

    budgets.succeeded("Shop");

    EXPECT_TRUE(budgets.allow_retries("Shop"));
}

TEST(RetryBudget, HoldsTenTokensAndNoDebts) {
    RetryBudget budget;
    for (int i = 0; i < 1'000; ++i) budget.failed();
    for (int i = 0; i < 50; ++i) budget.succeeded();
    EXPECT_FALSE(budget.allows_retries());
    budget.succeeded();
    EXPECT_TRUE(budget.allows_retries());

    for (int i = 0; i < 1'000; ++i) budget.succeeded();
    EXPECT_TRUE(budget.is_full());
    for (int i = 0; i < 5; ++i) budget.failed();
    EXPECT_FALSE(budget.allows_retries());
}

TEST(RetryPause, DoublesFrom25MillisecondsUpToASecond) {
    EXPECT_EQ(longest_pause(0), 25ms);
    EXPECT_EQ(longest_pause(1), 50ms);
    EXPECT_EQ(longest_pause(5), 800ms);
    EXPECT_EQ(longest_pause(6), 1s);
    EXPECT_EQ(longest_pause(4'000'000'000U), 1s);
}

TEST(RetryPause, IsWhatABusyServiceAsksFor) {
    Status busy{"busy", "Shop"};
    EXPECT_EQ(retry_after(busy), std::nullopt);
    EXPECT_EQ(retry_after(busy.set_data("retry_after_ms", "250")), 250ms);
    for (const auto* text : {"", "-1", "soon", "1s", "99999999999"})
        EXPECT_EQ(retry_after(busy.set_data("retry_after_ms", text)), std::nullopt) << text;
    EXPECT_EQ(retry_after(Status{"paused", "Shop"}.set_data("retry_after_ms", "250")), std::nullopt);
}

} // namespace
} // namespace malla
