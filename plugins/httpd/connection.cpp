// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

constexpr auto farewell_limit = 1s;

} // namespace

bool Connection::wait(short events, Deadline until, bool unless_ending) const {
    std::array<pollfd, 2> all{{{socket_.get(), events, 0}, {unless_ending ? ending_->descriptor() : -1, POLLIN, 0}}};
    while (true) {
        const int seen = ::poll(all.data(), all.size(), until.poll_timeout(Clock::now()));
        if (seen > 0) return all[1].revents == 0;
        if (seen == 0 || errno != EINTR) return false;
    }
}

bool Connection::is_readable() const { return begin_ < end_ || wait(POLLIN, read_until_, true); }

// httplib asks for its lines byte by byte.
ssize_t Connection::read(char* to, std::size_t size) {
    if (begin_ == end_) {
        if (!is_readable()) return -1;
        const ssize_t got = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
        if (got <= 0) return got;
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
    }
    const std::size_t count = std::min(size, end_ - begin_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, to);
    begin_ += count;
    return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* from, std::size_t size) {
    if (!written_until_) written_until_ = Deadline::in(limit);
    if (!wait(POLLOUT, *written_until_, false)) return -1;
    return ::send(socket_.get(), from, size, MSG_NOSIGNAL);
}

// Closing a socket that has unread bytes would take back what was sent.
void Connection::finish() {
    ::shutdown(socket_.get(), SHUT_WR);
    read_until_ = Deadline::in(farewell_limit);
    char byte = 0;
    if (::recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0) return;
    do begin_ = end_;
    while (read(&byte, 1) > 0);
}

} // namespace malla::plugins
