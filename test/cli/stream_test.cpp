// SPDX-License-Identifier: Apache-2.0
#include "cli/streaming.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Stream, WritesResultsInTheOrderOfTheInput) {
    Server server{false};
    Running stream{server, in_flight(4)};
    stream.type("1\n2\n3\n");
    server.wait_for_calls(3);
    server.answer("3");
    server.answer("2");
    server.answer("1");

    EXPECT_EQ(stream.read_line(), "1");
    EXPECT_EQ(stream.read_line(), "2");
    EXPECT_EQ(stream.read_line(), "3");
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_THAT(stream.errors(), IsEmpty());
}

TEST(Stream, WritesEachResultWhileTheInputIsIdle) {
    Server server;
    Running stream{server, in_flight(8)};
    stream.type("1\n");
    EXPECT_EQ(stream.read_line(), "1");
    stream.type("2\n3");
    EXPECT_EQ(stream.read_line(), "2");
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_EQ(stream.rest(), "3\n");
}

TEST(Stream, WritesUnorderedResultsAsTheyCome) {
    Server server{false};
    Running stream{server, unordered(4)};
    stream.type("1\n2\n");
    server.wait_for_calls(2);
    server.answer("2");
    EXPECT_EQ(stream.read_line(), "2");
    server.answer("1");
    EXPECT_EQ(stream.read_line(), "1");
    EXPECT_EQ(stream.finish(), 0);
}

TEST(Stream, HasNoMoreUnderWayThanAllowed) {
    Server server{false};
    Running stream{server, in_flight(3)};
    stream.type("1\n2\n3\n4\n5\n6\n7\n8\n");
    server.wait_for_calls(3);
    server.answer("2"); // finished, but not written: it still counts
    server.answer("1");
    EXPECT_EQ(stream.read_line(), "1");
    server.wait_for_calls(5);
    server.answer_all();
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_LE(server.most_under_way(), 3U);
}

TEST(Stream, WritesAllThatALineGivesBeforeWhatTheNextOneGives) {
    Server server{false, true};
    Running stream{server, in_flight(3)};
    stream.type("1\n2\n3\n");
    server.wait_for_calls(3);
    server.answer("3");
    server.answer("2");
    server.answer("1");
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_EQ(stream.rest(), "1\n1\n1\n2\n2\n2\n3\n3\n3\n");
}

TEST(Stream, WritesWhatStreamsGiveAsItComes) {
    Server server{false, true};
    Running stream{server, unordered(2)};
    stream.type("1\n2\n");
    server.wait_for_calls(2);
    server.answer("2");
    for (int value = 0; value < 3; ++value) EXPECT_EQ(stream.read_line(), "2");
    server.answer("1");
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_EQ(stream.rest(), "1\n1\n1\n");
}

TEST(Stream, RefusesALineBeforeItIsCalled) {
    Server server;
    Running stream{server, in_flight(1)};
    stream.type("1\nbad\n3\n");
    EXPECT_EQ(stream.finish(), 2);
    EXPECT_EQ(stream.rest(), "1\n");
    EXPECT_EQ(server.begun(), 1U);
}

TEST(Stream, GoesOnWhereItIsToldTo) {
    Server server;
    auto options = in_flight(2);
    options.keep_going = true;
    Running stream{server, options};
    stream.type("1\nlost\nfail\nbad\n5\n");
    EXPECT_EQ(stream.finish(), 7); // the first failure's
    EXPECT_EQ(stream.rest(), "1\n5\n");
    EXPECT_EQ(stream.errors(),
              R"({"line":2,"error":{"status":"peer_lost","code":502,"info":"The connection to node 'n1' was lost )"
              R"(and the call may have run","outcome":"unknown"}})"
              "\n"
              R"({"line":3,"error":{"status":"not_found","code":404,"info":"Not found","outcome":"answered"}})"
              "\n"
              R"({"line":4,"error":{"status":"usage","code":400,"info":"bad line","outcome":"not_run"}})"
              "\n");
}

TEST(Stream, BeginsAtALine) {
    Server server;
    auto options = in_flight(2);
    options.from_line = 3;
    Running stream{server, options};
    stream.type("1\n2\n3\nbad\n");
    EXPECT_EQ(stream.finish(), 2);
    EXPECT_EQ(stream.rest(), "3\n");
    EXPECT_THAT(stream.errors(), HasSubstr("line 4"));
}

TEST(Stream, SaysThatItsInputEndsBeforeTheLineToBeginAt) {
    for (const std::uint64_t line : {3U, 4U}) {
        Server server;
        auto options = in_flight(2);
        options.from_line = line;
        Running stream{server, options};
        stream.type("1\n2\n");
        EXPECT_EQ(stream.finish(), line == 4 ? 2 : 0); // all were answered, and a run says to go on behind them
        EXPECT_THAT(stream.errors(), line == 4 ? HasSubstr("ends at line 2") : HasSubstr(""));
        EXPECT_EQ(stream.rest(), "");
    }
}

TEST(Stream, SeparatesByNul) {
    Server server;
    auto options = in_flight(2);
    options.null_separated = true;
    Running stream{server, options};
    stream.type(std::string_view{"[1,\n2]\0[3]", 10});
    EXPECT_EQ(stream.finish(), 0);
    EXPECT_EQ(stream.rest(), "[1,2]\n[3]\n");
}

TEST(Stream, OpensSlowlySoThatLittleRunsInVain) {
    Window window{64};
    const auto start = Clock::now();
    EXPECT_EQ(window.space(start), 1U);
    window.push({1, nullptr, Status{"ok"}});
    EXPECT_EQ(window.space(start + Window::opening - 1ns), 0U);
    EXPECT_EQ(window.space(start + Window::opening), 63U);
    EXPECT_TRUE(window.is_opening(start + Window::opening - 1ns));
    EXPECT_FALSE(window.is_opening(start + Window::opening));
}

} // namespace
} // namespace malla::cli
