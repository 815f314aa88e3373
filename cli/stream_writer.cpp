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
    : options_{options}, ends_{ends}, window_{window}, wake_sender_{std::move(wake_sender)}, out_{ends.output, stop} {
    const bool for_people = ::isatty(ends.error) != 0 && ::isatty(ends.output) == 0;
    if (!options.quiet && (options.progress || for_people))
        progress_.emplace(ends.error, bytes_left(ends.input), Clock::now());
}

void StreamWriter::run() {
    while (!ends_at_once() && !(waiting_.empty() && window_.finished())) {
        if (options_.unordered) take_unordered();
        else take_in_order();
    }
    flush();
    note_rest();
    if (progress_) progress_->finish(Clock::now());
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
        if (!window_.pop(waiting_, Deadline{Clock::now()})) {
            flush();
            window_.pop(waiting_, Deadline::in(slice));
        }
    }
    if (waiting_.empty()) return;
    if (!is_ready(waiting_.front())) {
        flush();
        if (!waiting_.front().call->wait(Deadline::in(slice))) return;
    }
    finish(std::move(waiting_.front()));
    waiting_.pop_front();
}

void StreamWriter::take_unordered() {
    window_.pop(waiting_, Deadline{Clock::now()});
    std::erase_if(waiting_, [this](StreamLine& line) {
        const bool ready = is_ready(line);
        if (ready) finish(std::move(line));
        return ready;
    });
    const bool any = !finished_.empty();
    flush();
    if (any) return;
    if (!waiting_.empty()) {
        static_cast<void>(waiting_.front().call->wait(Deadline::in(unordered_slice)));
    } else {
        window_.pop(waiting_, Deadline::in(slice));
    }
}

void StreamWriter::finish(StreamLine&& finished) {
    StreamLine& line = finished_.emplace_back(std::move(finished));
    first_unwritten_ = std::min(first_unwritten_, line.number);
    const auto text = text_of(line);
    if (progress_) progress_->count(!text, line.input_end);
    if (!text) return fail(line.number, text.error());
    if (first_unanswered_ < line.number) ++answered_behind_;
    out_.append(*text);
}

Result<std::string> StreamWriter::text_of(StreamLine& line) const {
    if (line.call == nullptr) return *line.refusal;
    const auto result = line.call->take();
    if (!result) return result.error();
    return result_text(*result, options_.style);
}

void StreamWriter::fail(std::uint64_t number, const Status& status) {
    // One that is told of by itself is not what a later run has to go on with.
    if (!options_.keep_going && status.outcome() != Outcome::answered) note_unanswered(number);
    if (exit_code_ == 0) exit_code_ = std::max(1, cli::exit_code(status));
    const bool as_json = options_.keep_going || options_.style.format == Format::json;
    const std::string text = as_json ? failed_line_text(number, status)
                                     : "line " + std::to_string(number) + ": " + error_text(status, Format::text, {});
    if (progress_) progress_->clear();
    if (!options_.quiet) static_cast<void>(write_all(ends_.error, text));
    if (!options_.keep_going) end_for(StreamEnd::line_failed);
}

void StreamWriter::flush() {
    if (progress_) progress_->report(Clock::now());
    if (finished_.empty()) return;
    out_.flush();
    if (out_.error() != 0) {
        note_unanswered(first_unwritten_);
        if (out_.error() == EPIPE) end_for(StreamEnd::reader_gone);
        else if (out_.error() != ECANCELED) end_for(StreamEnd::output_failed);
    }
    first_unwritten_ = UINT64_MAX;
    if (window_.release(finished_)) wake_sender_();
}

void StreamWriter::note_unanswered(std::uint64_t number) noexcept {
    first_unanswered_ = std::min(first_unanswered_, number);
}

void StreamWriter::note_rest() {
    window_.pop(waiting_, Deadline{Clock::now()});
    for (const StreamLine& line : waiting_) note_unanswered(line.number);
    waiting_.clear(); // cancels the calls
}

} // namespace malla::cli
