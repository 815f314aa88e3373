// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace malla::cli {

/// Tells how far a stream has come, once a second: lines, their rate, failures, and the time that is left where the
/// size of the input is known. On a terminal it writes over its one line, which fits the width.
class Progress {
public:
    static constexpr Clock::duration period = std::chrono::seconds{1};

    /// `input_bytes`: how long the input is, if that is known.
    Progress(int descriptor, std::optional<std::uint64_t> input_bytes, Clock::time_point began_at);

    /// One line more has its result; the input has been read up to `input_end` for it.
    void count(bool failed, std::uint64_t input_end) noexcept;
    /// Writes it if its time has come.
    void report(Clock::time_point now);
    /// Makes way for what somebody else is about to write there.
    void clear();
    /// Writes it for the last time.
    void finish(Clock::time_point now);

private:
    [[nodiscard]] std::string text(Clock::time_point now) const;
    void write(Clock::time_point now, bool last);

    int descriptor_;
    bool is_terminal_;
    std::size_t width_;
    std::optional<std::uint64_t> input_bytes_;
    Clock::time_point began_at_;
    Clock::time_point written_at_ = began_at_;
    bool is_shown_ = false; ///< a line on the terminal that is written over
    std::uint64_t lines_ = 0;
    std::uint64_t failed_ = 0;
    std::optional<std::uint64_t> input_begin_; ///< behind the first line that counts
    std::uint64_t input_end_ = 0;
};

/// How much of the input is left to be read; nothing for what is no regular file.
[[nodiscard]] std::optional<std::uint64_t> bytes_left(int descriptor);

} // namespace malla::cli
