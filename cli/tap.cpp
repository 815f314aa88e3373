// SPDX-License-Identifier: Apache-2.0
// tap: the calls of a service as they pass.
#include "cli/console.hpp"
#include "cli/live_output.hpp"
#include "cli/observing.hpp"
#include "cli/operated.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/tap_line.hpp"
#include "cli/terminal.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

namespace malla::cli {

namespace {

bool is_wanted(const InstanceView& instance, const TapCommand& command) {
    return instance.service == command.service && instance.status == RunningStatus::running &&
           is_meant(instance, command.on);
}

/// The instances of the service that are tapped, those that come included. Any thread.
class Taps {
public:
    using Tapping = Observing<admin::TapCalls>;

    Taps(Node& node, const TapCommand& command, const Common& common, LiveOutput& output)
        : node_{node}, command_{command}, common_{common}, output_{output}, style_{tap_style(common)} {}

    ~Taps() {
        std::map<std::string, Tap> all; // ended without the mutex, which their threads take
        const std::lock_guard lock{mutex_};
        all.swap(taps_);
    }
    Taps(const Taps&) = delete;
    Taps& operator=(const Taps&) = delete;

    /// Unless it is tapped.
    void add(const InstanceView& instance) {
        const std::string id = instance.node.text();
        std::unique_ptr<Tapping> ended; // joined without the mutex
        const std::lock_guard lock{mutex_};
        auto& tap = taps_[id];
        if (tap.state == State::running) return;
        ended = std::move(tap.tapping);
        tap.state = State::running;
        tap.has_begun = false;
        tap.tapping = std::make_unique<Tapping>(
            node_, instance, command_.callback,
            [this](const InstanceView& on, admin::TappedCalls&& calls) { write(on, calls); },
            [this](const InstanceView& on, const Status& why) { end(on, why); });
    }
    /// Taps those again that were lost and are there.
    void add_lost() {
        for (const auto& instance : node_.instances_of(command_.service))
            if (is_wanted(instance, command_) && is_lost(instance)) add(instance);
    }
    [[nodiscard]] std::uint64_t dropped() const {
        const std::lock_guard lock{mutex_};
        std::uint64_t all = 0;
        for (const auto& [id, tap] : taps_) all += tap.dropped;
        return all;
    }

private:
    enum class State { running, lost, refused };

    struct Tap {
        State state = State::refused;
        bool has_begun = false;
        std::uint64_t dropped = 0;
        std::unique_ptr<Tapping> tapping{};
    };

    [[nodiscard]] bool is_lost(const InstanceView& instance) const {
        const std::lock_guard lock{mutex_};
        const auto known = taps_.find(instance.node.text());
        return known != taps_.end() && known->second.state == State::lost;
    }

    void write(const InstanceView& on, const admin::TappedCalls& calls) {
        std::string lines;
        for (const auto& call : calls.calls) lines += tap_line(on.service, on.node_name, call, style_);
        if (!lines.empty()) output_.write(lines);
        const std::lock_guard lock{mutex_};
        const auto known = taps_.find(on.node.text());
        if (known == taps_.end()) return;
        known->second.dropped = calls.dropped;
        known->second.has_begun = true;
    }

    /// Whether the node does not let itself be tapped; else it is away, or its service is.
    static bool refuses(const Tap& tap, const Status& why) {
        return !tap.has_begun && (why.outcome() == Outcome::answered || why.exit_code() == ExitCode::refused);
    }

    void end(const InstanceView& on, const Status& why) {
        bool had_begun = false;
        const auto state = ended(on, why, had_begun);
        if (state == State::lost) return had_begun ? say_lost(on, why) : void();
        Status refused = why;
        const int code = fail(refused.set_info(on.node_name + ": " + why.info()), common_);
        const std::lock_guard lock{mutex_};
        if (std::ranges::all_of(taps_, [](const auto& each) { return each.second.state == State::refused; }))
            output_.end(code);
    }

    State ended(const InstanceView& on, const Status& why, bool& had_begun) {
        const std::lock_guard lock{mutex_};
        auto& tap = taps_[on.node.text()];
        had_begun = tap.has_begun;
        return tap.state = refuses(tap, why) ? State::refused : State::lost;
    }

    void say_lost(const InstanceView& on, const Status& why) const {
        if (common_.quiet) return;
        if (common_.mesh.format == Format::json) return print_error(failed_node_text(on.node_name, why));
        print_error(harmless(on.service + " on " + on.node_name +
                                 " is gone; going on with each instance that is there or "
                                 "comes",
                             false) +
                    '\n');
    }

    Node& node_;
    const TapCommand& command_;
    const Common& common_;
    LiveOutput& output_;
    const TapStyle style_;
    mutable std::mutex mutex_; // guards all below
    std::map<std::string, Tap> taps_;
};

/// Looks for those that were lost while their node stayed, of which no change tells.
void find_lost_again(const std::stop_token& stop, Taps& taps) {
    constexpr std::chrono::milliseconds between{500};
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock{mutex};
    while (!stopped.wait_for(lock, stop, between, [&] { return stop.stop_requested(); })) taps.add_lost();
}

/// Why no instance can have the callback; nothing when one has it.
std::optional<Status> unknown_callback(const Operated& operated, const std::string& callback) {
    std::optional<Status> why;
    for (const auto& instance : operated.instances()) {
        auto description = description_of(instance, callback);
        if (description) return std::nullopt;
        why = std::move(description).error();
    }
    return why;
}

} // namespace

int run(const TapCommand& command, const Common& common) {
    const auto operated = Operated::find(command.service, command.on, common);
    if (!operated) return fail(operated.error(), common);
    if (!command.callback.empty())
        if (const auto why = unknown_callback(*operated, command.callback)) return fail(*why, common);
    LiveOutput output{common};
    Taps taps{operated->node(), command, common, output};
    const auto watch = operated->node().watch([&](const MeshChange& change) {
        if (change.service != command.service || change.gone || change.stale) return;
        for (const auto& instance : operated->node().instances_of(command.service))
            if (instance.node == change.node && is_wanted(instance, command)) taps.add(instance);
    });
    const std::jthread finder{[&](const std::stop_token& stop) { find_lost_again(stop, taps); }};
    return output.wait([&] { return taps.dropped(); });
}

} // namespace malla::cli
