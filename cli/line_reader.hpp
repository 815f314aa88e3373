// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace malla::cli {

/// Takes a file descriptor's input apart into lines. Its memory is one block of input, or the longest line.
class LineReader {
public:
    static constexpr std::size_t default_max_line_bytes = 64UL << 20U;

    /// `separator` ends a line; the last one needs none.
    explicit LineReader(int descriptor, char separator = '\n', std::size_t max_line_bytes = default_max_line_bytes);

    /// The next line that has been read whole, without its separator; valid until the next call.
    [[nodiscard]] std::optional<std::string_view> next();

    /// Reads once, waiting for input if there is none. A line that is longer than the limit is a
    /// `usage` error, and left out: what follows is the next line. Input that cannot be read is an `input_error`.
    [[nodiscard]] Result<void> fill();

    /// The bytes of input that were given as lines or left out.
    [[nodiscard]] std::uint64_t position() const noexcept { return moved_ + begin_; }

    /// Whether the input has ended; `next` may still have lines.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void make_room();
    void leave_out();

    int descriptor_;
    char separator_;
    std::size_t max_line_bytes_;
    std::vector<char> block_;
    std::size_t begin_ = 0;   ///< of the line that is next
    std::size_t scanned_ = 0; ///< up to here that line has no separator
    std::size_t end_ = 0;     ///< of what was read
    std::uint64_t moved_ = 0; ///< bytes that are no longer in the block
    bool ended_ = false;
    bool leaves_out_ = false; ///< up to the next separator
};

} // namespace malla::cli
