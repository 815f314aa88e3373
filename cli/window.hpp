// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace malla::cli {

/// A call under way. Used by one thread at a time; destroying it cancels the call.
class StreamCall {
public:
    virtual ~StreamCall() = default;
    /// Whether its next result, or its end, is there by `until`.
    [[nodiscard]] virtual bool wait(Deadline until) = 0;
    /// The next result as JSON; nothing behind the last one. Not asked again behind that, a failure, or the only one.
    [[nodiscard]] virtual Result<std::optional<std::string>> next() = 0;
    /// Whether it is a stream of results; else it has one.
    [[nodiscard]] virtual bool gives_stream() const noexcept { return false; }
};

/// A line of input on its way: called, or refused before.
struct StreamLine {
    std::uint64_t number = 0;
    std::unique_ptr<StreamCall> call; ///< null: `refusal` says why
    std::optional<Status> refusal;
    std::uint64_t input_end = 0; ///< bytes of input up to its end
    std::uint64_t values = 0;    ///< of its stream that were taken
};

/// The lines between the thread that sends them and the one that writes their results: at most
/// `capacity` that were sent and not yet written.
///
/// It opens slowly: in its first moments it lets few lines through, so that little has run in vain
/// when the reader of the results wants only a few (`| head -3`).
class Window {
public:
    static constexpr Clock::duration opening = std::chrono::milliseconds{20};
    static constexpr std::size_t written_per_step = 16; ///< while it opens

    explicit Window(std::size_t capacity) noexcept : capacity_{capacity} {}

    // For the sender.

    /// How many more lines may be sent. When none, the writer's `release` says later that there is space for some.
    [[nodiscard]] std::size_t space(Clock::time_point now);
    /// Whether it lets fewer through than its capacity, which ends by time alone.
    [[nodiscard]] bool is_opening(Clock::time_point now) const;
    void push(StreamLine line);
    /// No more lines come.
    void close();

    // For the writer.

    /// Takes the lines that were sent, in the order of the input; waits for one until `until`. Says whether there were
    /// any.
    bool pop(std::deque<StreamLine>& into, Deadline until);
    /// Whether no line waits and none comes any more.
    [[nodiscard]] bool finished() const;
    /// These lines were written, and are left empty; says whether the sender waits for that. It is the sender that
    /// destroys them, in whose memory they are: threads that free each other's memory wait for each other.
    [[nodiscard]] bool release(std::vector<StreamLine>& lines);

private:
    [[nodiscard]] std::size_t limit(Clock::time_point now) const noexcept;
    [[nodiscard]] static std::size_t step(std::size_t limit) noexcept;

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable pushed_;
    std::deque<StreamLine> lines_;
    std::vector<StreamLine> finished_;
    std::size_t outstanding_ = 0;
    std::uint64_t written_ = 0;
    std::optional<Clock::time_point> opened_at_;
    bool sender_waits_ = false;
    bool closed_ = false;
};

} // namespace malla::cli
