// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_writer.hpp"

#include "cli/exit.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration slice = 50ms;          // between two looks at whether the stream is to end
constexpr Clock::duration unordered_slice = 1ms; // between two looks at all calls under way

bool is_ready(StreamLine& line) { return line.call == nullptr || line.call->wait(Deadline{Clock::now()}); }

} // namespace

StreamWriter::StreamWriter(const StreamOptions& options, const StreamEnds& ends, int stop, Window& window,
                           std::function<void()> wake_sender)
    : options_{options}, ends_{ends}, window_{window}, wake_sender_{std::move(wake_sender)}, out_{ends.output, stop} {}

void StreamWriter::run() {
    while (!ends_at_once() && !(waiting_.empty() && window_.finished())) {
        if (options_.unordered) take_unordered();
        else take_in_order();
    }
    flush();
    note_rest();
}

void StreamWriter::end_for(StreamEnd reason) {
    StreamEnd none = StreamEnd::none;
    // A line that failed lets the rest be written; whatever else comes then ends that as well.
    if (!end_.compare_exchange_strong(none, reason) && none == StreamEnd::line_failed) end_.store(reason);
    wake_sender_();
}

bool StreamWriter::ends_at_once() const noexcept {
    const StreamEnd end = end_.load();
    return end != StreamEnd::none && end != StreamEnd::line_failed;
}

void StreamWriter::take_in_order() {
    if (waiting_.empty()) {
        auto line = window_.pop(Deadline{Clock::now()});
        if (!line) {
            flush();
            line = window_.pop(Deadline::in(slice));
        }
        if (line) waiting_.push_back(*std::move(line));
    }
    if (waiting_.empty()) return;
    if (!is_ready(waiting_.front())) {
        flush();
        if (!waiting_.front().call->wait(Deadline::in(slice))) return;
    }
    finish(waiting_.front());
    waiting_.pop_front();
}

void StreamWriter::take_unordered() {
    while (auto line = window_.pop(Deadline{Clock::now()})) waiting_.push_back(*std::move(line));
    std::erase_if(waiting_, [this](StreamLine& line) {
        const bool ready = is_ready(line);
        if (ready) finish(line);
        return ready;
    });
    const bool any = unwritten_ > 0;
    flush();
    if (any) return;
    if (!waiting_.empty()) {
        static_cast<void>(waiting_.front().call->wait(Deadline::in(unordered_slice)));
    } else if (auto line = window_.pop(Deadline::in(slice))) {
        waiting_.push_back(*std::move(line));
    }
}

void StreamWriter::finish(StreamLine& line) {
    ++unwritten_;
    ++finished_;
    first_unwritten_ = std::min(first_unwritten_, line.number);
    if (line.call == nullptr) return fail(line.number, *line.refusal);
    const auto result = line.call->take();
    if (!result) return fail(line.number, result.error());
    const auto text = result_text(*result, options_.style);
    if (!text) return fail(line.number, text.error());
    out_.append(*text);
}

void StreamWriter::fail(std::uint64_t number, const Status& status) {
    if (status.outcome() != Outcome::answered) note_unanswered(number);
    if (exit_code_ == 0) exit_code_ = std::max(1, cli::exit_code(status.exit_code()));
    const bool as_json = options_.keep_going || options_.style.format == Format::json;
    const std::string text = as_json ? failed_line_text(number, status)
                                     : "line " + std::to_string(number) + ": " + error_text(status, Format::text, {});
    if (!options_.quiet) static_cast<void>(write_all(ends_.error, text));
    if (!options_.keep_going) end_for(StreamEnd::line_failed);
}

void StreamWriter::flush() {
    report_progress();
    if (unwritten_ == 0) return;
    out_.flush();
    if (out_.error() != 0) {
        note_unanswered(first_unwritten_);
        if (out_.error() == EPIPE) end_for(StreamEnd::reader_gone);
        else if (out_.error() != ECANCELED) end_for(StreamEnd::output_failed);
    }
    first_unwritten_ = UINT64_MAX;
    if (window_.release(std::exchange(unwritten_, 0))) wake_sender_();
}

void StreamWriter::note_unanswered(std::uint64_t number) noexcept {
    first_unanswered_ = std::min(first_unanswered_, number);
}

void StreamWriter::note_rest() {
    while (auto line = window_.pop(Deadline{Clock::now()})) waiting_.push_back(*std::move(line));
    for (const StreamLine& line : waiting_) note_unanswered(line.number);
    waiting_.clear(); // cancels the calls
}

void StreamWriter::report_progress() {
    const auto now = Clock::now();
    if (!options_.progress || options_.quiet || now - progress_at_ < 1s) return;
    progress_at_ = now;
    const auto seconds = std::chrono::duration<double>(now - began_at_).count();
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(finished_) / seconds);
    const bool terminal = ::isatty(ends_.error) != 0;
    const std::string text = std::to_string(finished_) + " lines, " + std::to_string(rate) + " a second";
    static_cast<void>(write_all(ends_.error, terminal ? "\r\x1b[K" + text : text + '\n'));
}

} // namespace malla::cli
