// SPDX-License-Identifier: Apache-2.0
#include "cli/line_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

bool is_reader_gone(int descriptor) noexcept {
    pollfd one{descriptor, 0, 0};
    return ::poll(&one, 1, 0) == 1 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

int write_all(int descriptor, std::string_view text, int stop) noexcept {
    while (!text.empty()) {
        std::array<pollfd, 2> both{{{descriptor, POLLOUT, 0}, {stop, POLLIN, 0}}};
        if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) return errno;
        if (both[0].revents == 0 && both[1].revents != 0) return ECANCELED;
        if (both[0].revents == 0) continue;
        const ssize_t put = ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (put >= 0) text.remove_prefix(static_cast<std::size_t>(put));
        else if (errno != EINTR && errno != EAGAIN) return errno;
    }
    return 0;
}

void LineWriter::append(std::string_view text) {
    if (error_ != 0) return;
    kept_ += text;
    if (kept_.size() >= enough_bytes) flush();
}

void LineWriter::flush() {
    if (error_ == 0) error_ = write_all(descriptor_, kept_, stop_);
    kept_.clear();
    if (kept_.capacity() > 16 * enough_bytes) kept_.shrink_to_fit();
}

} // namespace malla::cli
