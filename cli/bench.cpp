// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/bell.hpp"
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/histogram.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "cli/usage.hpp"
#include "malla/base/error.hpp"
#include "malla/base/thread.hpp"
#include "malla/node/stop_signal.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_bar = 40;

/// What some calls came to.
struct Counts {
    Histogram latencies; ///< of those that were answered
    std::map<std::string, std::uint64_t> failed;
    std::optional<Status> first_failure;

    void add(const Counts& other) {
        latencies.add(other.latencies);
        for (const auto& [id, count] : other.failed) failed[id] += count;
        if (!first_failure) first_failure = other.first_failure;
    }
};

/// Calls of one kind by some threads, until they are enough or it is to end.
class Bench {
public:
    Bench(Node& node, const BenchCommand& command, std::string arguments)
        : node_{node}, command_{command}, arguments_{std::move(arguments)}, left_{command.count} {}

    /// Nothing when it was interrupted meanwhile.
    std::optional<Result<std::string>> call() {
        constexpr Clock::duration between_looks = std::chrono::milliseconds{50};
        CallOptions options;
        options.on = command_.on;
        auto result = node_.async(command_.target.service, command_.target.callback, arguments_, options);
        while (!result.wait_until(Deadline::in(between_looks)))
            if (interrupted_.load(std::memory_order_relaxed)) return std::nullopt;
        return result.get();
    }
    /// Whether it was interrupted.
    bool run(const StopSignal& signal) {
        std::vector<Counts> counts(command_.in_flight);
        std::vector<std::thread> threads;
        threads.reserve(counts.size());
        std::atomic<std::size_t> at_work{command_.in_flight};
        Bell done;
        const auto begin = Clock::now();
        const Deadline end = Deadline::in(command_.duration);
        for (auto& each : counts)
            threads.push_back(start_thread("bench", [this, &each, &at_work, &done] {
                work(each);
                if (at_work.fetch_sub(1) == 1) done.ring();
            }));
        std::array<pollfd, 2> all{{{signal.fd(), POLLIN, 0}, {done.descriptor(), POLLIN, 0}}};
        while (::poll(all.data(), all.size(), end.poll_timeout(Clock::now())) < 0) {
        }
        interrupted_ = all[0].revents != 0;
        over_ = true;
        for (auto& thread : threads) thread.join();
        took_ = Clock::now() - begin;
        for (const auto& each : counts) counts_.add(each);
        return interrupted_;
    }

    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>{took_}.count(); }

private:
    void work(Counts& counts) {
        while (!over_.load(std::memory_order_relaxed) && take_one()) {
            const auto begin = Clock::now();
            const auto called = call();
            if (!called) return;
            const auto& result = *called;
            if (result) {
                counts.latencies.add(Clock::now() - begin);
                continue;
            }
            ++counts.failed[std::string{result.error().id()}];
            if (!counts.first_failure) counts.first_failure = result.error();
        }
    }
    bool take_one() {
        if (command_.count == 0) return true;
        auto left = left_.load(std::memory_order_relaxed);
        while (left > 0 && !left_.compare_exchange_weak(left, left - 1)) {
        }
        return left > 0;
    }

    Node& node_;
    const BenchCommand& command_;
    const std::string arguments_;
    std::atomic<std::uint64_t> left_; ///< where a count was given
    std::atomic<bool> over_ = false;
    std::atomic<bool> interrupted_ = false; ///< what is under way is not waited for
    Counts counts_;
    Clock::duration took_{0};
};

double in_us(Clock::duration time) { return std::chrono::duration<double, std::micro>{time}.count(); }

constexpr std::array quantiles =
    std::to_array<std::pair<const char*, double>>({{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}});

double rate_of(const Bench& bench) {
    return bench.seconds() > 0 ? static_cast<double>(bench.counts().latencies.count()) / bench.seconds() : 0;
}

std::string report_json(const BenchCommand& command, const Bench& bench) {
    const Counts& counts = bench.counts();
    Json failed = Json::object();
    for (const auto& [id, count] : counts.failed) failed.set(id, static_cast<std::int64_t>(count));
    Json latencies = Json::object();
    for (const auto& [name, part] : quantiles) latencies.set(name, in_us(counts.latencies.quantile(part)));
    latencies.set("max", in_us(counts.latencies.longest()));
    Json histogram = Json::array();
    for (const auto& [from, to, count] : counts.latencies.powers())
        histogram.push_back(Json::object(
            {{"from_us", in_us(from)}, {"to_us", in_us(to)}, {"count", static_cast<std::int64_t>(count)}}));
    const Json report = Json::object({{"service", command.target.service},
                                      {"callback", command.target.callback},
                                      {"in_flight", static_cast<std::int64_t>(command.in_flight)},
                                      {"calls", static_cast<std::int64_t>(counts.latencies.count())},
                                      {"seconds", bench.seconds()},
                                      {"rate", rate_of(bench)},
                                      {"errors", failed},
                                      {"latency_us", latencies},
                                      {"histogram", histogram}});
    return value_or_throw(report.dump()) + '\n';
}

std::string padded(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string summary(const BenchCommand& command, const Bench& bench) {
    const auto took = std::chrono::duration<double>{bench.seconds()};
    std::string text = command.target.service + '.' + command.target.callback + ": ";
    text += std::to_string(bench.counts().latencies.count()) + " calls in ";
    text += short_time(std::chrono::duration_cast<Clock::duration>(took)) + ", ";
    text += std::to_string(static_cast<std::uint64_t>(rate_of(bench))) + " a second, ";
    return text + std::to_string(command.in_flight) + " in flight\n";
}

std::string latencies_text(const Histogram& latencies, std::size_t width) {
    std::string text = "latency";
    for (const auto& [name, part] : quantiles)
        text.append("  ").append(name) += ' ' + short_time(latencies.quantile(part));
    text += "  max " + short_time(latencies.longest()) + '\n';
    const auto powers = latencies.powers();
    const auto most = std::ranges::max_element(powers, {}, &Histogram::Bucket::count)->count;
    for (const auto& [from, to, count] : powers) {
        const std::string before =
            "  under " + padded(short_time(to), 8) + "  " + padded(std::to_string(count), 9) + "  ";
        const std::size_t room = std::min(longest_bar, width - std::min(width, before.size()));
        text.append(before).append(static_cast<std::size_t>((count * room + most - 1) / most), '#') += '\n';
    }
    return text;
}

std::string report_text(const BenchCommand& command, const Bench& bench, std::size_t width) {
    const Counts& counts = bench.counts();
    std::string text = summary(command, bench);
    for (const auto& [id, count] : counts.failed) text += "failed as " + id + ": " + std::to_string(count) + '\n';
    return counts.latencies.count() == 0 ? text : text + latencies_text(counts.latencies, width);
}

Result<std::string> arguments_for(Node& node, const BenchCommand& command, const Common& common) {
    const Deadline deadline = Deadline::in(common.mesh.timeout);
    const auto callback = wait_for_callback(node, command.target, command.on, {}, common, false, deadline);
    if (!callback) return callback.error();
    if (callback->gives_stream())
        return usage_error(command.target.callback + " gives a stream, not one result",
                           "measure a callback that gives one");
    return arguments_of_words(*callback, command.arguments.words, command.arguments.separator);
}

} // namespace

int run(const BenchCommand& command, const Common& common) {
    Node node{node_options(common, false)};
    auto arguments = arguments_for(node, command, common);
    if (!arguments) return fail(arguments.error(), common);
    Bench bench{node, command, *std::move(arguments)};
    if (const auto first = bench.call(); !*first) return fail(first->error(), common);
    const StopSignal signal;
    const bool interrupted = bench.run(signal);
    const Terminal terminal = terminal_of(STDOUT_FILENO, process_environment());
    const bool for_people = is_for_people(common.mesh.format, terminal.is_terminal);
    const std::string report = for_people ? report_text(command, bench, terminal.width) : report_json(command, bench);
    if (const int code = print(report); code != 0) return code;
    if (interrupted) return exit_interrupted;
    const auto& failure = bench.counts().first_failure;
    return failure ? fail(*failure, common) : 0;
}

} // namespace malla::cli
