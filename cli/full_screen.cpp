// SPDX-License-Identifier: Apache-2.0
#include "cli/full_screen.hpp"

#include "cli/line_writer.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace malla::cli {

namespace {

constexpr std::string_view to_other_screen = "\x1b[?1049h\x1b[?25l"; // and hide the cursor
constexpr std::string_view back = "\x1b[0m\x1b[?25h\x1b[?1049l";

std::atomic<int> told = -1; // where a signal is written

void on_signal(int number) {
    const int saved = errno;
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const ssize_t put = ::write(told.load(), &byte, 1); // a full pipe has enough of them
    errno = saved;
}

/// The key of a sequence of a terminal, and how long the sequence is.
std::pair<std::size_t, char> sequence_at(std::string_view bytes) {
    std::size_t end = 2;
    if (bytes[1] == '[')
        while (end < bytes.size() && (bytes[end] < '@' || bytes[end] > '~')) ++end;
    const bool whole = end < bytes.size();
    return {whole ? end + 1 : bytes.size(), whole && end == 2 ? bytes[end] : '\0'};
}

} // namespace

std::vector<Key> keys_of(std::string_view bytes) {
    std::vector<Key> keys;
    while (!bytes.empty()) {
        std::size_t length = 1;
        const char c = bytes[0];
        if (c == '\x1b' && bytes.size() > 1 && (bytes[1] == '[' || bytes[1] == 'O')) {
            const auto [all, last] = sequence_at(bytes);
            length = all;
            if (last == 'A') keys.push_back({Key::Kind::up, 0});
            if (last == 'B') keys.push_back({Key::Kind::down, 0});
        } else if (c == '\x1b') keys.push_back({Key::Kind::escape, 0});
        else if (c == '\r' || c == '\n') keys.push_back({Key::Kind::enter, 0});
        else if (c == '\x7f' || c == '\b') keys.push_back({Key::Kind::backspace, 0});
        else if (static_cast<unsigned char>(c) >= 0x20) keys.push_back({Key::Kind::text, c});
        bytes.remove_prefix(length);
    }
    return keys;
}

bool FullScreen::is_possible() noexcept { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0; }

FullScreen::FullScreen() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) throw std::system_error{errno, std::system_category(), "tcgetattr"};
    if (::pipe2(signals_, O_CLOEXEC | O_NONBLOCK) != 0) throw std::system_error{errno, std::system_category(), "pipe2"};
    told = signals_[1];
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT}) {
        struct sigaction action {};
        struct sigaction old {};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        ::sigaction(number, &action, &old);
        actions_.emplace_back(number, old);
    }
    enter();
}

FullScreen::~FullScreen() {
    leave();
    for (const auto& [number, old] : actions_) ::sigaction(number, &old, nullptr);
    told = -1;
    for (const int end : signals_) ::close(end);
}

void FullScreen::enter() {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO); // the keys of signals stay
    keys.c_cc[VMIN] = 0;                                   // whoever reads never waits
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
    entered_ = true;
    static_cast<void>(write_all(STDOUT_FILENO, to_other_screen));
}

void FullScreen::leave() noexcept {
    if (!std::exchange(entered_, false)) return;
    static_cast<void>(write_all(STDOUT_FILENO, back));
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

FullScreen::Size FullScreen::size() const {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        return {size.ws_col, size.ws_row};
    return {80, 24};
}

bool FullScreen::draw(std::span<const std::string> lines) {
    std::string frame = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        frame.append(lines[i]).append("\x1b[K");
        if (i + 1 < lines.size()) frame += "\r\n";
    }
    frame += "\x1b[J";
    return write_all(STDOUT_FILENO, frame) == 0;
}

bool FullScreen::take_signals() {
    bool go_on = true;
    unsigned char number = 0;
    while (::read(signals_[0], &number, 1) == 1) {
        if (number == SIGTSTP) stop();
        else if (number == SIGCONT) enter(); // whoever stopped it may have changed the terminal
        else if (number != SIGWINCH) go_on = false;
    }
    return go_on;
}

void FullScreen::stop() {
    leave();
    struct sigaction usual {};
    struct sigaction own {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGTSTP, &usual, &own);
    ::raise(SIGTSTP); // returns when the program goes on
    ::sigaction(SIGTSTP, &own, nullptr);
    enter();
}

} // namespace malla::cli
