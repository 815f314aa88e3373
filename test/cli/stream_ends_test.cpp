// SPDX-License-Identifier: Apache-2.0
// Streams that end before their input, and what they say then.
#include "cli/streaming.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>

namespace malla::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Stream, StopsAtAFailureAfterWhatIsInFlight) {
    Server server{false};
    Running stream{server, in_flight(3)};
    stream.type("1\nfail\n3\n4\n5\n");
    server.wait_for_calls(3);
    server.answer("fail");
    server.answer("3");
    server.answer("1");
    stream.read_line();
    EXPECT_EQ(stream.read_line(), "3");
    server.answer_all();

    EXPECT_EQ(stream.join(), 1);
    const std::string errors = stream.errors();
    EXPECT_THAT(errors, HasSubstr("line 2: not_found (404): Not found\n"));
    EXPECT_THAT(errors, HasSubstr("is the first that was not answered"));
    EXPECT_THAT(errors, testing::Not(HasSubstr("line 2 is the first"))); // it was answered, with an error
}

TEST(Stream, NamesALineThatMayHaveRun) {
    Server server;
    Running stream{server, in_flight(1)};
    stream.type("1\nlost\n3\n");
    EXPECT_EQ(stream.finish(), 7);
    EXPECT_THAT(stream.errors(), HasSubstr("line 2 is the first that was not answered; --from-line 2 goes"));
}

TEST(Stream, SaysHowManyLinesBehindOneThatWasLostAreWritten) {
    Server server{false};
    Running stream{server, in_flight(3)};
    stream.type("1\nlost\n3\n");
    server.wait_for_calls(3);
    server.answer_all();
    EXPECT_EQ(stream.finish(), 7);
    EXPECT_EQ(stream.rest(), "1\n3\n");
    EXPECT_THAT(stream.errors(), HasSubstr("line 2 is the first that was not answered, and 1 behind it were answered"));
}

TEST(Stream, SaysSoWhenTheyWereWrittenBefore) {
    Server server{false};
    Running stream{server, unordered(3)};
    stream.type("lost\n2\n3\n");
    server.wait_for_calls(3);
    server.answer("2");
    EXPECT_EQ(stream.read_line(), "2");
    server.answer("3");
    EXPECT_EQ(stream.read_line(), "3");
    server.answer("lost");
    EXPECT_EQ(stream.finish(), 7);
    EXPECT_THAT(stream.errors(), HasSubstr("line 1 is the first that was not answered, and 2 behind it were answered"));
}

TEST(Stream, CountsNoLineThatFailedAmongThose) {
    Server server{false};
    auto options = unordered(3);
    options.keep_going = true;
    Running stream{server, options};
    stream.type("1\nbad\n3\n");
    server.wait_for_calls(2);
    server.answer("3");
    EXPECT_EQ(stream.read_line(), "3");
    stream.interrupt();
    EXPECT_EQ(stream.join(), 130);
    const std::string errors = stream.errors();
    EXPECT_THAT(errors, HasSubstr("line 1 is the first that was not answered, and 1 behind it were answered"));
    EXPECT_THAT(errors, HasSubstr("may have run and are not written: 1\n"));
}

TEST(Stream, SaysHowManyLinesMayHaveRunWhenItIsInterrupted) {
    Server server{false};
    Running stream{server, in_flight(2)};
    stream.type("1\n2\n3\n");
    server.wait_for_calls(2);
    stream.interrupt();
    EXPECT_EQ(stream.join(), 130);
    EXPECT_THAT(stream.errors(),
                HasSubstr("--from-line 1 goes on there; lines that may have run and are not written: 2\n"));
}

TEST(Stream, WritesWhatALineGaveBeforeItWasLostAndNamesIt) {
    Server server{true, true};
    Running stream{server, in_flight(1)};
    stream.type("1\nlost\n3\n");
    EXPECT_EQ(stream.finish(), 7);
    EXPECT_EQ(stream.rest(), "1\n1\n1\n0\n");
    EXPECT_THAT(stream.errors(), HasSubstr("line 2 is the first that was not answered; values of lines that did not "
                                           "end are written, too: 1; --from-line 2 goes"));
}

TEST(Stream, NamesTheFirstLineOfWhichNothingWasToldWhenItIsInterrupted) {
    Server server{false};
    auto options = in_flight(3);
    options.keep_going = true;
    Running stream{server, options};
    stream.type("bad\nlost\n3\n4\n5\n");
    server.wait_for_calls(3);
    server.answer("lost");
    server.answer("3");
    EXPECT_EQ(stream.read_line(), "3");
    stream.interrupt();

    EXPECT_EQ(stream.join(), 130);
    EXPECT_THAT(stream.errors(), HasSubstr("line 4 is the first that was not answered; --from-line 4 goes on there"));
}

TEST(Stream, EndsQuietlyWhenItsReaderIsGoneThoughTheInputIsIdle) {
    Server server;
    Running stream{server, in_flight(2)};
    stream.type("1\n");
    EXPECT_EQ(stream.read_line(), "1");
    stream.close_output();
    EXPECT_EQ(stream.join(), 141);
    EXPECT_THAT(stream.errors(), IsEmpty());
}

TEST(Stream, EndsWhenItsReaderIsGoneThoughACallHangs) {
    Server server{false};
    Running stream{server, in_flight(2)};
    stream.type("1\n2\n3\n");
    server.wait_for_calls(2);
    stream.close_output();
    EXPECT_EQ(stream.join(), 141);
    EXPECT_LE(server.begun(), 2U);
}

TEST(Stream, SaysWhereItWasInterrupted) {
    Server server{false};
    Running stream{server, in_flight(2)};
    stream.type("1\n2\n3\n");
    server.wait_for_calls(2);
    server.answer("1");
    EXPECT_EQ(stream.read_line(), "1");
    stream.interrupt();
    EXPECT_EQ(stream.join(), 130);
    EXPECT_THAT(stream.errors(), HasSubstr("line 2 is the first"));
}

TEST(Stream, IsInterruptedThoughItsReaderIsStalled) {
    Server server;
    auto options = in_flight(4);
    Running stream{server, options};
    const std::string line = '"' + std::string(300'000, 'x') + '"'; // more than a pipe holds
    stream.type(line + '\n');
    server.wait_for_calls(1);
    stream.interrupt();
    EXPECT_EQ(stream.join(), 130);
}

TEST(Stream, SaysWhyItCannotWrite) {
    Server server;
    Pipe input;
    Pipe error;
    input.write("1\n");
    input.close_in();
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(run_stream(in_flight(1), {input.out(), full, error.in(), -1}, server.steps()), 1);
    ::close(full);
    error.close_in();
    EXPECT_THAT(error.read_all(), HasSubstr("No space left"));
}

TEST(Stream, EndsWhenItCannotWriteThoughWhatALineGivesIsAlwaysAhead) {
    Server server{true, true};
    Pipe input;
    Pipe error;
    input.write("endless\n");
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(run_stream(in_flight(1), {input.out(), full, error.in(), -1}, server.steps()), 1);
    ::close(full);
    error.close_in();
    EXPECT_THAT(error.read_all(), AllOf(HasSubstr("No space left"), HasSubstr("line 1 is the first")));
}

} // namespace
} // namespace malla::cli
