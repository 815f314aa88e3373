// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/line_reader.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "malla/node/stop_signal.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

// Events sent before it is made sure that a rendezvous has read them: what waits in queues stays little,
// so that none overflows.
constexpr std::uint64_t events_under_way = 256;

/// Publishes, and knows what a rendezvous has surely read.
class Publisher {
public:
    Publisher(Node& node, const std::string& topic, Clock::duration limit)
        : node_{node}, topic_{topic}, limit_{limit} {}

    Result<void> publish(std::string_view text) {
        const auto value = json_or_text(text);
        if (!value) return value.error();
        const Deadline deadline = Deadline::in(limit_);
        auto sent = node_.publish(topic_, *value);
        while (!sent && sent.error().id() == "busy" && !deadline.passed(Clock::now())) {
            if (auto flushed = node_.flush_events(deadline); !flushed) return flushed;
            sent = node_.publish(topic_, *value);
        }
        if (!sent && sent.error().id() == "service_not_available")
            sent.error().set_data("hint", "events pass through a node or a broker: `malla run`, `malla serve` or "
                                          "`malla-broker` starts one");
        if (sent && ++sent_ % events_under_way == 0) return flush();
        return sent;
    }
    Result<void> flush() {
        auto flushed = node_.flush_events(Deadline::in(limit_));
        if (flushed) read_ = sent_;
        return flushed;
    }
    [[nodiscard]] std::uint64_t read() const noexcept { return read_; }

private:
    Node& node_;
    const std::string& topic_;
    const Clock::duration limit_;
    std::uint64_t sent_ = 0;
    std::uint64_t read_ = 0;
};

int fail_at(const Publisher& publisher, Status why, const Common& common) {
    const std::string line = std::to_string(publisher.read() + 1);
    why.set_info(why.info() + "; line " + line + " is the first that may not have been published")
        .set_data("line", line);
    return fail(why, common);
}

/// Whether there is input, and not a signal.
bool wait_for_input(const StopSignal& signal) {
    std::array<pollfd, 2> both{{{STDIN_FILENO, POLLIN, 0}, {signal.fd(), POLLIN, 0}}};
    while (::poll(both.data(), both.size(), -1) < 0) {
    }
    return both[1].revents == 0;
}

int publish_lines(Publisher& publisher, const Common& common) {
    const StopSignal signal;
    LineReader lines{STDIN_FILENO};
    while (true) {
        if (const auto line = lines.next()) {
            if (auto sent = publisher.publish(*line); !sent) return fail_at(publisher, std::move(sent).error(), common);
            continue;
        }
        // Whoever waits for the next line may do so for long: what is there is made sure of.
        if (auto read = publisher.flush(); !read) return fail_at(publisher, std::move(read).error(), common);
        if (lines.ended()) return 0;
        if (!wait_for_input(signal)) return exit_interrupted;
        if (auto filled = lines.fill(); !filled) return fail_at(publisher, std::move(filled).error(), common);
    }
}

} // namespace

int run(const PubCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    Publisher publisher{**node, command.topic, common.mesh.timeout};
    if (command.from_input) return publish_lines(publisher, common);
    if (auto sent = publisher.publish(command.value); !sent) return fail(sent.error(), common);
    if (auto read = publisher.flush(); !read) return fail(read.error(), common);
    return 0;
}

} // namespace malla::cli
