// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace malla::cli {

/// A pipe with both of its ends; SIGPIPE is ignored once there is one.
class Pipe {
public:
    Pipe() {
        std::signal(SIGPIPE, SIG_IGN);
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
    }
    ~Pipe() {
        close_in();
        close_out();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int out() const noexcept { return ends_[0]; } ///< to read from
    [[nodiscard]] int in() const noexcept { return ends_[1]; }  ///< to write to
    void close_in() { close(ends_[1]); }
    void close_out() { close(ends_[0]); }

    void write(std::string_view text) {
        while (!text.empty()) {
            const auto put = ::write(in(), text.data(), text.size());
            if (put <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
    }
    /// Up to the next newline, or the end.
    std::string read_line() {
        std::string line;
        for (char c = 0; ::read(out(), &c, 1) == 1 && c != '\n';) line += c;
        return line;
    }
    std::string read_all() {
        std::string all;
        std::array<char, 4096> block{};
        for (ssize_t got = 0; (got = ::read(out(), block.data(), block.size())) > 0;)
            all.append(block.data(), static_cast<std::size_t>(got));
        return all;
    }

private:
    static void close(int& descriptor) {
        if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
    }

    std::array<int, 2> ends_{-1, -1};
};

} // namespace malla::cli
