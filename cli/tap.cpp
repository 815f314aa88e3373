// SPDX-License-Identifier: Apache-2.0
// tap: the calls of a service as they pass.
#include "cli/console.hpp"
#include "cli/live_output.hpp"
#include "cli/observing.hpp"
#include "cli/operated.hpp"
#include "cli/run.hpp"
#include "cli/tap_line.hpp"
#include "cli/terminal.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

namespace malla::cli {

namespace {

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

    void add(const InstanceView& instance) {
        const std::string id = instance.node.text();
        std::unique_ptr<Tapping> ended; // joined without the mutex
        const std::lock_guard lock{mutex_};
        auto& tap = taps_[id];
        if (tap.running) return;
        ended = std::move(tap.tapping);
        tap.running = true;
        ++running_;
        tap.tapping = std::make_unique<Tapping>(
            node_, instance, command_.callback,
            [this](const InstanceView& on, admin::TappedCalls&& calls) { write(on, calls); },
            [this](const InstanceView& on, const Status& why) { end(on, why); });
    }
    [[nodiscard]] std::uint64_t dropped() const {
        const std::lock_guard lock{mutex_};
        std::uint64_t all = 0;
        for (const auto& [id, tap] : taps_) all += tap.dropped;
        return all;
    }

private:
    struct Tap {
        bool running = false;
        std::uint64_t dropped = 0;
        std::unique_ptr<Tapping> tapping;
    };

    void write(const InstanceView& on, const admin::TappedCalls& calls) {
        std::string lines;
        for (const auto& call : calls.calls) lines += tap_line(on.service, on.node_name, call, style_);
        if (!lines.empty()) output_.write(lines);
        const std::lock_guard lock{mutex_};
        if (const auto known = taps_.find(on.node.text()); known != taps_.end()) known->second.dropped = calls.dropped;
    }

    void end(const InstanceView& on, Status why) {
        why.set_info(on.node_name + ": " + why.info());
        const int code = fail(why, common_);
        const std::lock_guard lock{mutex_};
        if (const auto known = taps_.find(on.node.text()); known != taps_.end()) known->second.running = false;
        if (--running_ == 0) output_.end(code);
    }

    Node& node_;
    const TapCommand& command_;
    const Common& common_;
    LiveOutput& output_;
    const TapStyle style_;
    mutable std::mutex mutex_; // guards all below
    std::map<std::string, Tap> taps_;
    int running_ = 0;
};

bool is_wanted(const InstanceView& instance, const TapCommand& command) {
    return instance.service == command.service && instance.status == RunningStatus::running &&
           (command.on.empty() || instance.node_name == command.on || instance.node.text() == command.on);
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
    return output.wait([&] { return taps.dropped(); });
}

} // namespace malla::cli
