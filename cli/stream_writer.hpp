// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/line_writer.hpp"
#include "cli/progress.hpp"
#include "cli/stream.hpp"

#include <atomic>
#include <deque>

namespace malla::cli {

/// Why a stream ends before its input does.
enum class StreamEnd : std::uint8_t { none, line_failed, output_failed, reader_gone, interrupted };

/// The half of a stream that writes: takes each line's result and writes it. Its own thread runs it,
/// until the window is finished or the stream is to end at once.
class StreamWriter {
public:
    /// A write ends when `stop` is readable. `wake_sender` is called when the sender waits for space and
    /// there is some, and when the stream is to end.
    StreamWriter(const StreamOptions& options, const StreamEnds& ends, int stop, Window& window,
                 std::function<void()> wake_sender);

    void run();
    /// Gives up the lines that were sent and not taken. After `run` has returned, and the last line was sent.
    void give_up_rest();

    /// Any thread.
    [[nodiscard]] StreamEnd end() const noexcept { return end_.load(); }
    /// Ends the stream for this reason, if it has none yet. Any thread.
    void end_for(StreamEnd reason);

    // After `give_up_rest`.

    /// The code of the first failure, or 0.
    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }
    /// Why the output could not be written, as `errno` has it, or 0.
    [[nodiscard]] int output_error() const noexcept { return out_.error(); }
    /// The first line without an answer among those that were sent, or the largest number.
    [[nodiscard]] std::uint64_t first_unanswered() const noexcept { return first_unanswered_; }
    /// How many lines behind that one were answered, and are written.
    [[nodiscard]] std::uint64_t answered_behind() const noexcept;
    /// How many lines from that one on were sent and are not written, so that it is unknown whether they ran, or they
    /// ran in vain.
    [[nodiscard]] std::uint64_t may_have_run() const noexcept { return may_have_run_; }
    /// How many values are written of streams that did not end, of that line or behind it.
    [[nodiscard]] std::uint64_t values_of_unanswered() const noexcept { return values_of_unanswered_; }

private:
    void take_in_order();
    void take_unordered();
    [[nodiscard]] bool take_from(StreamLine& line);
    void look_between_values();
    [[nodiscard]] Result<std::optional<std::string>> next_text(StreamLine& line) const;
    void fail(const StreamLine& line, const Status& status);
    void flush();
    void note_unanswered(std::uint64_t number, std::uint64_t values = 0) noexcept;
    void note_told(std::uint64_t number);
    [[nodiscard]] bool ends_at_once() const noexcept;

    const StreamOptions& options_;
    const StreamEnds& ends_;
    Window& window_;
    std::function<void()> wake_sender_;
    LineWriter out_;
    std::atomic<StreamEnd> end_ = StreamEnd::none;
    std::deque<StreamLine> waiting_;             ///< taken from the window, of which not all results have been taken
    std::vector<StreamLine> finished_;           ///< since the last flush
    std::uint64_t unwritten_results_ = 0;        ///< of those, the lines that were answered
    std::uint64_t first_unwritten_ = UINT64_MAX; ///< of those with results since the last flush
    int exit_code_ = 0;
    std::uint64_t first_unanswered_ = UINT64_MAX;
    std::uint64_t written_ = 0;       ///< lines that were answered
    std::vector<std::uint64_t> told_; ///< lines that failed and are not to be sent again
    std::uint64_t told_below_ = 0;    ///< as many of those, below all that are under way, are no longer there
    std::uint64_t may_have_run_ = 0;
    std::uint64_t values_of_unanswered_ = 0;
    std::optional<Progress> progress_;
};

} // namespace malla::cli
