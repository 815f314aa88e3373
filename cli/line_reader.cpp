// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reader.hpp"

#include "cli/usage.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace malla::cli {

namespace {
constexpr std::size_t block_bytes = 64UL << 10U;
}

LineReader::LineReader(int descriptor, char separator, std::size_t max_line_bytes)
    : descriptor_{descriptor}, separator_{separator}, max_line_bytes_{max_line_bytes}, block_(block_bytes) {}

std::optional<std::string_view> LineReader::next() {
    if (leaves_out_) leave_out();
    const auto from = block_.begin() + static_cast<std::ptrdiff_t>(scanned_);
    const auto to = block_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto found = std::find(from, to, separator_);
    const bool last = found == to && ended_ && begin_ < end_;
    if (found == to && !last) {
        scanned_ = end_;
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(found - block_.begin()) - begin_;
    const std::string_view line{block_.data() + begin_, size};
    begin_ = std::min(begin_ + size + 1, end_);
    scanned_ = begin_;
    return line;
}

Result<void> LineReader::fill() {
    if (ended_) return {};
    if (end_ - begin_ > max_line_bytes_) {
        leaves_out_ = true;
        leave_out();
        return usage_error("A line of the input is longer than " + std::to_string(max_line_bytes_) + " bytes",
                           "lines end with a newline, or with NUL under --null");
    }
    make_room();
    ssize_t got = 0;
    const std::size_t room = std::min(block_.size() - end_, max_line_bytes_ + 1 - (end_ - begin_)); // for a separator
    do got = ::read(descriptor_, block_.data() + end_, room);
    while (got < 0 && errno == EINTR);
    if (got < 0) return Status{"input_error", std::string{"Cannot read standard input: "} + std::strerror(errno)};
    end_ += static_cast<std::size_t>(got);
    ended_ = got == 0;
    return {};
}

void LineReader::leave_out() {
    const auto from = block_.begin() + static_cast<std::ptrdiff_t>(scanned_);
    const auto to = block_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto found = std::find(from, to, separator_);
    leaves_out_ = found == to;
    begin_ = scanned_ = static_cast<std::size_t>(found - block_.begin()) + (leaves_out_ ? 0 : 1);
}

void LineReader::make_room() {
    if (begin_ > 0) {
        std::copy(block_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  block_.begin() + static_cast<std::ptrdiff_t>(end_), block_.begin());
        scanned_ -= begin_;
        end_ -= begin_;
        moved_ += begin_;
        begin_ = 0;
    }
    if (end_ == 0 && block_.size() > block_bytes) std::vector<char>(block_bytes).swap(block_);
    if (end_ == block_.size()) block_.resize(block_.size() * 2);
}

} // namespace malla::cli
