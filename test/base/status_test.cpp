// SPDX-License-Identifier: Apache-2.0
#include "malla/base/error.hpp"
#include "malla/base/result.hpp"
#include "malla/base/status.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace malla {
namespace {

TEST(Status, TakesCodeOutcomeAndTextFromTheTable) {
    const Status status{"busy", "Echo"};
    EXPECT_EQ(status.code(), 503);
    EXPECT_EQ(status.outcome(), Outcome::not_run);
    EXPECT_EQ(status.exit_code(), ExitCode::not_run);
    EXPECT_EQ(status.info(), "Service 'Echo' is busy: its queue is full");
    EXPECT_EQ(status.data().at("service"), "Echo");
    EXPECT_EQ(status.text(), "busy (503): Service 'Echo' is busy: its queue is full");
}

TEST(Status, TheArgumentIsTheTextWhereTheTableHasNoPlaceForIt) {
    EXPECT_EQ((Status{"not_found", "no such dish"}).info(), "no such dish");
    EXPECT_TRUE((Status{"not_found", "no such dish"}).data().empty());
}

TEST(Status, AnIdentifierOfTheUsersOwnKeepsItsName) {
    const Status status{"out_of_salt"};
    EXPECT_EQ(status.id(), "out_of_salt");
    EXPECT_EQ(status.info(), "out_of_salt");
    EXPECT_EQ(status.code(), 500);
    EXPECT_EQ(status.outcome(), Outcome::answered);
    EXPECT_EQ(status.exit_code(), ExitCode::error_status);
}

TEST(Status, WithoutAnArgumentTheTextHasNoPlaceForIt) {
    EXPECT_EQ(Status{"service_not_found"}.info(), "Service not found");
    EXPECT_EQ(Status{"field_invalid"}.info(), "Field is invalid");
    EXPECT_EQ(Status{"syntax_error"}.info(), "Syntax error");
    EXPECT_EQ(Status{"internal_error"}.info(), "Internal error");
    EXPECT_EQ((Status{"internal_error", "4711"}).info(), "Internal error: 4711");
    for (const StatusEntry& entry : status_table()) {
        EXPECT_EQ(Status{entry.id}.info().find_first_of("{}"), std::string::npos) << Status{entry.id}.info();
        EXPECT_TRUE(Status{entry.id}.data().empty());
    }
}

TEST(Status, AnInvalidResourceIsNotFoundWithAndWithoutItsName) {
    EXPECT_EQ(Status{"resource_invalid"}.text(), "resource_invalid (404): Invalid resource");
    EXPECT_EQ((Status{"resource_invalid", "lamp"}).text(), "resource_invalid (404): Invalid resource 'lamp'");
    EXPECT_EQ((Status{"resource_invalid", "lamp"}).data().at("resource"), "lamp");
}

TEST(Status, NoIdentifierIsTheUnknownStatus) {
    EXPECT_EQ(Status{""}.text(), "unknown_status (500): unknown_status");
    EXPECT_EQ((Status{"", "it broke"}).text(), "unknown_status (500): it broke");
}

TEST(Status, CopiesAreIndependent) {
    const Status original{"conflict"};
    Status copy = original;
    copy.set_info("other").set_data("a", "b").set_metadata("c", "d").set_code(418);
    EXPECT_EQ(original.info(), "Conflict");
    EXPECT_TRUE(original.data().empty());
    EXPECT_NE(copy, original);
    copy = original;
    EXPECT_EQ(copy, original);
}

TEST(Status, AChangedOutcomeChangesTheExitCode) {
    EXPECT_EQ(Status{"timeout"}.set_outcome(Outcome::unknown).exit_code(), ExitCode::unknown);
    EXPECT_EQ(Status{"timeout"}.set_outcome(Outcome::not_run).exit_code(), ExitCode::not_run);
    EXPECT_EQ(Status{"expired"}.set_outcome(Outcome::not_run).exit_code(), ExitCode::deadline);
}

// Scripts branch on these.
TEST(Status, ExitCodesOfTheCommand) {
    EXPECT_EQ(status_entry("request_op_unknown").exit_code, ExitCode::error_status);
    EXPECT_EQ(status_entry("service_not_available").exit_code, ExitCode::not_run);
    EXPECT_EQ(status_entry("expired").exit_code, ExitCode::deadline);
    EXPECT_EQ(status_entry("credentials_required").exit_code, ExitCode::refused);
    EXPECT_EQ(status_entry("endpoint_unreachable").exit_code, ExitCode::unreachable);
    EXPECT_EQ(status_entry("deadline_exceeded").exit_code, ExitCode::unknown);
    EXPECT_EQ(status_entry("peer_lost").exit_code, ExitCode::unknown);
}

TEST(Result, HoldsAValueOrAStatus) {
    Result<std::unique_ptr<int>> value = std::make_unique<int>(5);
    ASSERT_TRUE(value);
    EXPECT_EQ(**value, 5);
    auto moved = *std::move(value);
    EXPECT_EQ(*moved, 5);

    Result<std::string> nothing = Status{"not_found"};
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().id(), "not_found");
    nothing = std::string{"here"};
    EXPECT_EQ(*nothing, "here");
    const auto copy = nothing;
    EXPECT_EQ(*copy, "here");
}

TEST(Result, OfNothingIsSuccessUnlessItHasAStatus) {
    EXPECT_TRUE(Result<void>{});
    const Result<void> failed = Status{"gone"};
    EXPECT_FALSE(failed);
    EXPECT_EQ(failed.error().id(), "gone");
}

TEST(Error, CarriesTheStatus) {
    try {
        value_or_throw(Result<int>{Status{"gone"}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "gone");
        EXPECT_STREQ(error.what(), "gone (410): Gone");
    }
    EXPECT_EQ(value_or_throw(Result<int>{3}), 3);
}

} // namespace
} // namespace malla
