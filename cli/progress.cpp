// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include "cli/line_writer.hpp"
#include "cli/terminal.hpp"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

namespace malla::cli {

namespace {

constexpr const char* over_the_line = "\r\x1b[K";

double seconds(Clock::duration time) { return std::chrono::duration<double>{time}.count(); }

std::string whole_seconds_text(double time) {
    return duration_text(std::chrono::seconds{std::max<std::int64_t>(1, static_cast<std::int64_t>(time))});
}

} // namespace

Progress::Progress(int descriptor, std::optional<std::uint64_t> input_bytes, Clock::time_point began_at)
    : descriptor_{descriptor}, input_bytes_{input_bytes}, began_at_{began_at} {
    const Terminal terminal = terminal_of(descriptor, process_environment());
    is_terminal_ = terminal.is_terminal;
    width_ = terminal.width;
}

void Progress::count(bool failed, std::uint64_t input_end) noexcept {
    ++lines_;
    if (failed) ++failed_;
    if (!input_begin_) input_begin_ = input_end;
    input_end_ = std::max(input_end_, input_end);
}

void Progress::report(Clock::time_point now) {
    if (now - written_at_ >= period) write(now, false);
}

void Progress::clear() {
    if (is_shown_) static_cast<void>(write_all(descriptor_, over_the_line));
    is_shown_ = false;
}

void Progress::finish(Clock::time_point now) { write(now, true); }

std::string Progress::text(Clock::time_point now) const {
    const double took = seconds(now - began_at_);
    const double rate = took > 0 ? static_cast<double>(lines_) / took : 0;
    std::string text = std::to_string(lines_) + " lines, ";
    text += std::to_string(static_cast<std::uint64_t>(rate)) + "/s";
    if (failed_ > 0) text += ", " + std::to_string(failed_) + " failed";
    if (!input_bytes_ || !input_begin_ || input_end_ <= *input_begin_ || input_end_ >= *input_bytes_) return text;
    const auto done = static_cast<double>(input_end_ - *input_begin_);
    return text + ", " + whole_seconds_text(took * static_cast<double>(*input_bytes_ - input_end_) / done) + " left";
}

void Progress::write(Clock::time_point now, bool last) {
    written_at_ = now;
    std::string line = text(now);
    if (is_terminal_) line = over_the_line + shortened(line, width_ > 1 ? width_ - 1 : 1);
    if (last || !is_terminal_) line += '\n';
    is_shown_ = is_terminal_ && !last;
    static_cast<void>(write_all(descriptor_, line));
}

std::optional<std::uint64_t> bytes_left(int descriptor) {
    struct stat about {};
    if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    const off_t at = ::lseek(descriptor, 0, SEEK_CUR);
    if (at < 0 || at > about.st_size) return std::nullopt;
    return static_cast<std::uint64_t>(about.st_size - at);
}

} // namespace malla::cli
