// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_exec.hpp"

#include "malla/base/log.hpp"
#include "malla/base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>

namespace malla::cli {

namespace {

constexpr std::size_t max_error_bytes = 4096; ///< the end of standard error, which has the reason

std::string without_newline(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

std::vector<std::string> with_time_left(std::span<const std::string> environment, Deadline deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left(Clock::now()));
    std::vector<std::string> all{environment.begin(), environment.end()};
    all.push_back("MALLA_DEADLINE_MS=" + std::to_string(left.count()));
    return all;
}

/// One run: feeds and collects until the command has ended, or has to be ended.
class Run {
public:
    Run(Child child, std::string_view input, std::size_t max_output_bytes)
        : child_{std::move(child)}, input_{input}, max_output_bytes_{max_output_bytes}, stop_{::eventfd(0,
                                                                                                        EFD_CLOEXEC)} {}

    /// Why it was ended, or nothing.
    std::optional<std::string> collect(Deadline deadline, const std::stop_token& stop) {
        const std::stop_callback on_stop{stop, [this] { ::eventfd_write(stop_.get(), 1); }};
        if (input_.empty()) child_.input.close();
        for (;;) {
            std::array<pollfd, 5> all{{{child_.ended_descriptor(), POLLIN, 0},
                                       {child_.output.get(), POLLIN, 0},
                                       {child_.error.get(), POLLIN, 0},
                                       {child_.input.get(), POLLOUT, 0},
                                       {stop_.get(), POLLIN, 0}}};
            ::poll(all.data(), all.size(), deadline.poll_timeout(Clock::now()));
            if (all[4].revents != 0) return "it was stopped before it ended";
            if (deadline.passed(Clock::now())) return "";
            if (all[3].revents != 0) feed();
            read_all();
            if (output_.size() > max_output_bytes_)
                return "its output is larger than " + std::to_string(max_output_bytes_) + " bytes";
            if (all[0].revents == 0) continue;
            read_all(); // what it wrote last
            return std::nullopt;
        }
    }

    /// After `collect`.
    Result<std::string> result() {
        const int status = child_.reap();
        if (status == 0) {
            if (!error_.empty()) log(LogLevel::info, without_newline(std::move(error_)));
            return without_newline(std::move(output_));
        }
        const std::string end = end_text(status);
        Status failed{"command_failed", error_.empty() ? end : without_newline(std::move(error_))};
        return failed.set_data("end", end);
    }

private:
    void feed() {
        const ssize_t put = ::write(child_.input.get(), input_.data(), input_.size());
        if (put > 0) input_.remove_prefix(static_cast<std::size_t>(put));
        // A command need not read its input.
        if (input_.empty() || (put < 0 && errno != EAGAIN && errno != EINTR)) child_.input.close();
    }

    void read_all() {
        while (output_.size() <= max_output_bytes_ && read_block(child_.output, output_)) {
        }
        while (read_block(child_.error, error_))
            if (error_.size() > max_error_bytes) error_.erase(0, error_.size() - max_error_bytes);
    }

    /// Whether there was something.
    static bool read_block(Descriptor& from, std::string& text) {
        if (!from.is_open()) return false;
        std::array<char, 16384> block;
        const ssize_t got = ::read(from.get(), block.data(), block.size());
        if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
        else if (got == 0 || (errno != EAGAIN && errno != EINTR)) from.close();
        return got > 0;
    }

    Child child_;
    std::string_view input_;
    std::size_t max_output_bytes_;
    Descriptor stop_;
    std::string output_;
    std::string error_;
};

} // namespace

/// The right to run a process, once it is there.
class ExecService::Turn {
public:
    Turn(ExecService& service, Deadline deadline, const std::stop_token& stop) : service_{service} {
        std::unique_lock lock{service.mutex_};
        taken_ = service.turn_free_.wait_until(lock, stop, deadline.at(), [&] { return service.free_turns_ > 0; }) &&
                 !stop.stop_requested();
        if (taken_) --service.free_turns_;
    }
    ~Turn() {
        if (!taken_) return;
        const std::lock_guard lock{service_.mutex_};
        ++service_.free_turns_;
        service_.turn_free_.notify_all(); // one that is told may no longer want it
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    [[nodiscard]] bool taken() const noexcept { return taken_; }

private:
    ExecService& service_;
    bool taken_ = false;
};

ExecService::ExecService(Options options) : options_{std::move(options)}, free_turns_{options_.max_processes} {}

Result<std::string> ExecService::run(std::string_view input, Deadline deadline, const std::stop_token& stop,
                                     std::span<const std::string> environment) {
    const Turn turn{*this, deadline, stop};
    if (!turn.taken()) return Status{stop.stop_requested() ? "cancelled" : "expired"};
    const Deadline limit = options_.limit ? Deadline::in(*options_.limit) : deadline;
    const auto variables = with_time_left(environment, std::min(limit, deadline));
    auto child =
        Child::start(options_.command, {.own_error = true, .guardian = options_.guardian, .environment = variables});
    if (!child) return std::move(child).error();
    Run run{*std::move(child), input, options_.max_output_bytes};
    const auto ended_for = run.collect(std::min(limit, deadline), stop);
    if (!ended_for) return run.result();
    if (!ended_for->empty()) return Status{"command_failed", *ended_for};
    if (limit < deadline)
        return Status{"command_failed", "it was killed at its limit of " + duration_text(*options_.limit)};
    return Status{"command_failed", "it was killed at the call's deadline"};
}

} // namespace malla::cli
