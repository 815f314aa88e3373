// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

namespace malla::cli {

/// What was typed.
struct Key {
    enum class Kind : std::uint8_t { text, up, down, enter, escape, backspace };

    Kind kind = Kind::text;
    char text = 0; ///< a byte of it
    bool operator==(const Key&) const = default;
};

/// Reads what a terminal sends; sequences that mean nothing here are left out.
[[nodiscard]] std::vector<Key> keys_of(std::string_view bytes);

/// The terminal at standard input and output, drawn on as a whole. As it was before once the object is gone, and while
/// the program is stopped. One at a time.
class FullScreen {
public:
    FullScreen();
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

    /// Whether both are a terminal.
    [[nodiscard]] static bool is_possible() noexcept;

    struct Size {
        std::size_t width;
        std::size_t height;
    };
    [[nodiscard]] Size size() const;
    /// Draws all lines with one write. False when there is no terminal any more.
    [[nodiscard]] bool draw(std::span<const std::string> lines);

    /// Readable when a signal has come.
    [[nodiscard]] int signals() const noexcept { return signals_[0]; }
    /// Takes the signals that have come; SIGTSTP stops the program in here until it may go on. False for one that is to
    /// end it.
    [[nodiscard]] bool take_signals();

private:
    void enter();
    void leave() noexcept;
    void stop();

    termios before_{};
    int signals_[2] = {-1, -1};
    std::vector<std::pair<int, struct sigaction>> actions_; ///< as they were
    bool entered_ = false;
};

} // namespace malla::cli
