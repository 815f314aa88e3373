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
constexpr std::size_t told_kept = 1024;          // before those are looked for that need not be
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
    if (!take_from(waiting_.front())) return;
    finished_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
}

void StreamWriter::take_unordered() {
    window_.pop(waiting_, Deadline{Clock::now()});
    bool any = false;
    std::erase_if(waiting_, [&](StreamLine& line) {
        if (!is_ready(line)) return false;
        any = true;
        if (!take_from(line)) return false;
        finished_.push_back(std::move(line));
        return true;
    });
    flush();
    if (any) return;
    if (!waiting_.empty()) {
        static_cast<void>(waiting_.front().call->wait(Deadline::in(unordered_slice)));
    } else {
        window_.pop(waiting_, Deadline::in(slice));
    }
}

/// Takes its next result, and says whether none comes behind it.
bool StreamWriter::take_from(StreamLine& line) {
    first_unwritten_ = std::min(first_unwritten_, line.number);
    const auto text = next_text(line);
    if (text && *text) {
        out_.append(**text);
        if (line.call->gives_stream()) {
            ++line.values;
            look_between_values();
            return false;
        }
    }
    if (progress_) progress_->count(!text, line.input_end);
    if (text) ++unwritten_results_;
    else fail(line, text.error());
    return true;
}

/// A stream that is always ahead of its writer is told of, and ends, as others do.
void StreamWriter::look_between_values() {
    if (out_.error() != 0) flush();
    else if (progress_) progress_->report(Clock::now());
}

Result<std::optional<std::string>> StreamWriter::next_text(StreamLine& line) const {
    if (line.call == nullptr) return *line.refusal;
    auto result = line.call->next();
    if (!result || !*result) return result;
    auto text = result_text(**result, options_.style);
    if (!text) return std::move(text).error();
    return std::optional{*std::move(text)};
}

void StreamWriter::fail(const StreamLine& line, const Status& status) {
    // One that is told of by itself is not what a later run has to go on with.
    if (options_.keep_going || status.outcome() == Outcome::answered) {
        note_told(line.number);
    } else {
        note_unanswered(line.number, line.values);
        if (status.outcome() == Outcome::unknown) ++may_have_run_;
    }
    if (exit_code_ == 0) exit_code_ = std::max(1, cli::exit_code(status));
    const bool as_json = options_.keep_going || options_.style.format == Format::json;
    const std::string text = as_json
                                 ? failed_line_text(line.number, status)
                                 : "line " + std::to_string(line.number) + ": " + error_text(status, Format::text, {});
    if (progress_) progress_->clear();
    if (!options_.quiet) static_cast<void>(write_all(ends_.error, text));
    if (!options_.keep_going) end_for(StreamEnd::line_failed);
}

// Of the lines before the first one those are written that were not told of.
std::uint64_t StreamWriter::answered_behind() const noexcept {
    const std::uint64_t begin = std::max<std::uint64_t>(options_.from_line, 1);
    if (first_unanswered_ == UINT64_MAX || first_unanswered_ < begin) return 0;
    const auto told = std::ranges::count_if(told_, [this](std::uint64_t number) { return number < first_unanswered_; });
    return written_ + told_below_ + static_cast<std::uint64_t>(told) - (first_unanswered_ - begin);
}

void StreamWriter::note_told(std::uint64_t number) {
    told_.push_back(number);
    if (told_.size() < told_kept) return;
    const std::uint64_t oldest = waiting_.front().number; // under way, or just done with
    told_below_ += std::erase_if(told_, [oldest](std::uint64_t each) { return each < oldest; });
}

void StreamWriter::flush() {
    if (progress_) progress_->report(Clock::now());
    if (first_unwritten_ == UINT64_MAX) return;
    out_.flush();
    if (out_.error() != 0) {
        note_unanswered(first_unwritten_);
        may_have_run_ += unwritten_results_;
        if (out_.error() == EPIPE) end_for(StreamEnd::reader_gone);
        else if (out_.error() != ECANCELED) end_for(StreamEnd::output_failed);
    } else {
        written_ += unwritten_results_;
    }
    unwritten_results_ = 0;
    first_unwritten_ = UINT64_MAX;
    if (window_.release(finished_)) wake_sender_();
}

void StreamWriter::note_unanswered(std::uint64_t number, std::uint64_t values) noexcept {
    first_unanswered_ = std::min(first_unanswered_, number);
    values_of_unanswered_ += values;
}

void StreamWriter::give_up_rest() {
    window_.pop(waiting_, Deadline{Clock::now()});
    for (const StreamLine& line : waiting_) {
        note_unanswered(line.number, line.values);
        if (line.call != nullptr) ++may_have_run_;
    }
    waiting_.clear(); // cancels the calls
}

} // namespace malla::cli
