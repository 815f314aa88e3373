// SPDX-License-Identifier: Apache-2.0
#include "cli/full_screen.hpp"

#include <gmock/gmock.h>

#include <array>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace malla::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

/// What a program of this body writes to a terminal of its own; its exit code is 0.
std::string drawn_by(void (*body)()) {
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) {
        body();
        ::_exit(0);
    }
    std::string drawn;
    std::array<char, 4096> block;
    ssize_t got = 0;
    while ((got = ::read(terminal, block.data(), block.size())) > 0)
        drawn.append(block.data(), static_cast<std::size_t>(got));
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    ::close(terminal);
    return drawn;
}

TEST(FullScreen, GivesTheTerminalBackWhenAnExceptionPasses) {
    const auto drawn = drawn_by([] {
        termios before{};
        ::tcgetattr(STDIN_FILENO, &before);
        try {
            FullScreen screen;
            const std::array<std::string, 2> lines{"one", "two"};
            if (!screen.draw(lines)) ::_exit(2);
            throw 1;
        } catch (int) {
        }
        termios after{};
        ::tcgetattr(STDIN_FILENO, &after);
        if (after.c_lflag != before.c_lflag || after.c_cc[VMIN] != before.c_cc[VMIN]) ::_exit(3);
    });
    EXPECT_THAT(drawn, AllOf(HasSubstr("\x1b[?1049h"), HasSubstr("\x1b[Hone\x1b[K\r\r\ntwo\x1b[K\x1b[J"),
                             EndsWith("\x1b[?25h\x1b[?1049l")));
}

TEST(FullScreen, GivesSignalsBackToo) {
    drawn_by([] {
        { const FullScreen screen; }
        struct sigaction now {};
        ::sigaction(SIGTERM, nullptr, &now);
        if (now.sa_handler != SIG_DFL) ::_exit(2);
    });
}

TEST(FullScreen, TellsSignalsThatAreToEndItFromOthers) {
    drawn_by([] {
        FullScreen screen;
        ::raise(SIGWINCH);
        ::raise(SIGCONT);
        if (!screen.take_signals()) ::_exit(2);
        ::raise(SIGHUP);
        if (screen.take_signals()) ::_exit(3);
    });
}

TEST(Keys, AreReadFromWhatATerminalSends) {
    using Kind = Key::Kind;
    EXPECT_THAT(keys_of("q\x1b[A\x1bOB\r\x7f"), ElementsAre(Key{Kind::text, 'q'}, Key{Kind::up, 0}, Key{Kind::down, 0},
                                                            Key{Kind::enter, 0}, Key{Kind::backspace, 0}));
    EXPECT_THAT(keys_of("\x1b"), ElementsAre(Key{Kind::escape, 0}));
    EXPECT_THAT(keys_of("\x1b[1;5A\x1b[5~\x1b[M"), IsEmpty());
    EXPECT_THAT(keys_of("\x1b[1;"), IsEmpty());
    EXPECT_THAT(keys_of("\x1b["), IsEmpty());
    EXPECT_THAT(keys_of("\x01"), IsEmpty());
}

} // namespace
} // namespace malla::cli
