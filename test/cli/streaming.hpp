// SPDX-License-Identifier: Apache-2.0
// A stream of calls between pipes, and the server that answers it.
#pragma once

#include "cli/stream.hpp"

#include "cli/pipes.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace malla::cli {

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

inline StreamOptions in_flight(std::size_t count) {
    StreamOptions options;
    options.in_flight = count;
    return options;
}

inline StreamOptions unordered(std::size_t count) {
    StreamOptions options = in_flight(count);
    options.unordered = true;
    return options;
}

} // namespace malla::cli
