// SPDX-License-Identifier: Apache-2.0
#include "cli/stream.hpp"

#include "cli/pipes.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Answers calls when the test says so, and none before it was sent. A line's arguments are the line itself. Where the
/// server gives streams, one gives its arguments three times.
class Server {
public:
    explicit Server(bool at_once = true, bool gives_streams = false)
        : at_once_{at_once}, gives_streams_{gives_streams} {}

    StreamSteps steps() {
        return {[](std::string_view line) -> Result<std::string> {
                    if (line == "bad") return Status{"usage", "bad line"};
                    return std::string{line};
                },
                [this](std::string arguments) { return begin(std::move(arguments)); }, [this] { flush(); }};
    }

    void answer(const std::string& arguments) {
        const std::scoped_lock lock{mutex_};
        answered_.insert(arguments);
        changed_.notify_all();
    }
    void answer_all() {
        const std::scoped_lock lock{mutex_};
        at_once_ = true;
        changed_.notify_all();
    }
    void wait_for_calls(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return begun_ >= count; });
    }
    std::size_t begun() {
        const std::scoped_lock lock{mutex_};
        return begun_;
    }
    std::size_t most_under_way() {
        const std::scoped_lock lock{mutex_};
        return most_under_way_;
    }

private:
    class Call final : public StreamCall {
    public:
        Call(Server& server, std::string arguments, std::size_t number)
            : server_{server}, arguments_{std::move(arguments)}, number_{number} {}
        ~Call() override {
            const std::scoped_lock lock{server_.mutex_};
            --server_.under_way_;
        }
        bool wait(Deadline until) override {
            std::unique_lock lock{server_.mutex_};
            return server_.changed_.wait_until(lock, until.at(), [&] {
                return number_ <= server_.sent_ && (server_.at_once_ || server_.answered_.contains(arguments_));
            });
        }
        Result<std::optional<std::string>> next() override {
            if (arguments_ == "fail") return Status{"not_found"};
            if (arguments_ == "lost" && (!gives_stream() || given_ == 1)) return Status{"peer_lost", "n1"};
            if (arguments_ == "endless") return std::optional<std::string>{"0"};
            if (++given_ > 3) return std::optional<std::string>{};
            return std::optional{arguments_ == "lost" ? "0" : arguments_};
        }
        [[nodiscard]] bool gives_stream() const noexcept override { return server_.gives_streams_; }

    private:
        Server& server_;
        std::string arguments_;
        std::size_t number_;
        int given_ = 0;
    };

    std::unique_ptr<StreamCall> begin(std::string arguments) {
        const std::scoped_lock lock{mutex_};
        ++begun_;
        most_under_way_ = std::max(most_under_way_, ++under_way_);
        changed_.notify_all();
        return std::make_unique<Call>(*this, std::move(arguments), begun_);
    }
    void flush() {
        const std::scoped_lock lock{mutex_};
        sent_ = begun_;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> answered_;
    bool at_once_;
    const bool gives_streams_;
    std::size_t begun_ = 0;
    std::size_t sent_ = 0; ///< of those that were begun
    std::size_t under_way_ = 0;
    std::size_t most_under_way_ = 0;
};

/// A stream that runs on a thread of its own, between pipes.
class Running {
public:
    Running(Server& server, StreamOptions options) {
        thread_ = std::thread{[this, &server, options] {
            code_ = run_stream(options, {input_.out(), output_.in(), error_.in(), interrupt_.out()}, server.steps());
            output_.close_in();
            error_.close_in();
        }};
    }
    ~Running() {
        if (thread_.joinable()) finish();
    }

    void type(std::string_view text) { input_.write(text); }
    void interrupt() { interrupt_.write("x"); }
    void close_output() { output_.close_out(); }
    std::string read_line() { return output_.read_line(); }
    int finish() {
        input_.close_in();
        thread_.join();
        return code_;
    }
    /// Without an end of the input.
    int join() {
        thread_.join();
        return code_;
    }
    std::string rest() { return output_.read_all(); }
    std::string errors() { return error_.read_all(); }

private:
    Pipe input_;
    Pipe output_;
    Pipe error_;
    Pipe interrupt_;
    std::thread thread_;
    int code_ = -1;
};

StreamOptions in_flight(std::size_t count) {
    StreamOptions options;
    options.in_flight = count;
    return options;
}

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
    auto options = in_flight(4);
    options.unordered = true;
    Running stream{server, options};
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
    auto options = in_flight(3);
    options.unordered = true;
    Running stream{server, options};
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
    auto options = in_flight(3);
    options.unordered = true;
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

TEST(Stream, WritesWhatALineGaveBeforeItWasLostAndNamesIt) {
    Server server{true, true};
    Running stream{server, in_flight(1)};
    stream.type("1\nlost\n3\n");
    EXPECT_EQ(stream.finish(), 7);
    EXPECT_EQ(stream.rest(), "1\n1\n1\n0\n");
    EXPECT_THAT(stream.errors(), HasSubstr("line 2 is the first that was not answered; values of lines that did not "
                                           "end are written, too: 1; --from-line 2 goes"));
}

TEST(Stream, WritesWhatStreamsGiveAsItComes) {
    Server server{false, true};
    auto options = in_flight(2);
    options.unordered = true;
    Running stream{server, options};
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
