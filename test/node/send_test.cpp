// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::eventually;
using test::joined_to;

struct Write : Callback<"write(line)", void(std::string)> {};
struct Refuse : Callback<"refuse()", void()> {};
struct DiaryApi : Api<"Diary", Write, Refuse> {};

/// Writes when it is open.
struct Diary : Service<DiaryApi> {
    static constexpr bool concurrent = true;

    void on(Write, std::string) {
        open->wait();
        ++*lines;
    }
    Result<void> on(Refuse) {
        ++*lines;
        return Status{"not_allowed"};
    }

    std::shared_ptr<std::latch> open = std::make_shared<std::latch>(0);
    std::shared_ptr<std::atomic<int>> lines = std::make_shared<std::atomic<int>>(0);
};
struct OwnDiary : Diary {
    static constexpr bool local = true;
};

class Send : public ::testing::Test {
protected:
    void start() {
        server.start(diary);
        ASSERT_TRUE(client->wait_for("Diary", Deadline::in(10s)));
    }
    bool has_lines(int count) {
        return eventually([&] { return *diary.lines == count; });
    }

    Diary diary;
    Node server{alone("server")};
    std::unique_ptr<Node> client = std::make_unique<Node>(joined_to(server, "client"));
};

TEST_F(Send, ReturnsBeforeTheHandlerDoes) {
    diary.open = std::make_shared<std::latch>(1);
    start();

    EXPECT_TRUE(Remote<DiaryApi>{*client}.send<Write>("one"));
    EXPECT_TRUE(client->send("Diary", "write", R"(["two"])"));

    EXPECT_EQ(*diary.lines, 0);
    diary.open->count_down();
    EXPECT_TRUE(has_lines(2));
}

TEST_F(Send, EndsWhenTheConnectionIsMadeAndNotAtItsDeadline) {
    start();
    const auto began = Clock::now();

    ASSERT_TRUE(Remote<DiaryApi>{*client}.send<Write>(within(60s), "one"));

    EXPECT_LT(Clock::now() - began, 30s);
}

TEST_F(Send, DoesNotHearWhatBecomesOfTheCall) {
    start();

    EXPECT_TRUE(Remote<DiaryApi>{*client}.send<Refuse>());
    EXPECT_TRUE(client->send("Diary", "tear_up", "[]"));
    EXPECT_TRUE(has_lines(1));
}

TEST_F(Send, FailsWhenNobodyGotTheCall) {
    const auto nobody = Remote<DiaryApi>{*client}.send<Write>(within(50ms), "one");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().id(), "service_not_available");
    EXPECT_EQ(nobody.error().outcome(), Outcome::not_run);

    start();
    const auto too_large = Remote<DiaryApi>{*client}.send<Write>(std::string(9'000'000, 'x'));
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().id(), "body_too_large");
    EXPECT_EQ(*diary.lines, 0);
}

TEST_F(Send, WaitsForAServiceThatComesLater) {
    std::jthread later{[this] { server.start(diary); }};

    EXPECT_TRUE(Remote<DiaryApi>{*client}.send<Write>(within(60s), "one"));
    EXPECT_TRUE(has_lines(1));
}

TEST_F(Send, WhatWasHandedOverArrivesThoughTheNodeEndsAtOnce) {
    start();
    const std::string line(1'000, 'x');
    for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(Remote<DiaryApi>{*client}.send<Write>(line));

    client.reset();

    EXPECT_TRUE(has_lines(2'000));
}

TEST_F(Send, ToTheOwnNodeReturnsBeforeTheHandlerDoesToo) {
    diary.open = std::make_shared<std::latch>(1);
    start();

    EXPECT_TRUE(Remote<DiaryApi>{server}.send<Write>("one"));

    EXPECT_EQ(*diary.lines, 0);
    diary.open->count_down();
    EXPECT_TRUE(has_lines(1));
}

TEST_F(Send, ToAServiceThatOnlyItsProgramKnowsRunsAtOnceAndHearsNothingEither) {
    OwnDiary own;
    server.start(own);

    EXPECT_TRUE(Remote<DiaryApi>{server}.send<Write>("one"));
    EXPECT_TRUE(Remote<DiaryApi>{server}.send<Refuse>());

    EXPECT_EQ(*own.lines, 2);
}

} // namespace
} // namespace malla
