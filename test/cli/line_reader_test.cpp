// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reader.hpp"

#include "cli/pipes.hpp"

#include <gmock/gmock.h>

#include <thread>
#include <vector>

namespace malla::cli {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string text, char separator = '\n') {
    Pipe pipe;
    std::jthread writing{[&] {
        pipe.write(text);
        pipe.close_in();
    }};
    LineReader reader{pipe.out(), separator};
    std::vector<std::string> lines;
    for (bool more = true; more;) {
        while (const auto line = reader.next()) lines.emplace_back(*line);
        more = !reader.ended();
        EXPECT_TRUE(reader.fill());
    }
    return lines;
}

TEST(LineReader, TakesTheLastLineWithoutANewline) {
    EXPECT_THAT(lines_of("a\nb"), ElementsAre("a", "b"));
    EXPECT_THAT(lines_of("a\nb\n"), ElementsAre("a", "b"));
    EXPECT_THAT(lines_of("\n\n"), ElementsAre("", ""));
    EXPECT_THAT(lines_of(""), ElementsAre());
    EXPECT_THAT(lines_of(std::string{"a\nb\0\0c", 6}, '\0'), ElementsAre("a\nb", "", "c"));
}

TEST(LineReader, TakesLinesLargerThanItsBlockAndManySmallOnes) {
    const std::string large(1 << 20, 'x');
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + '\n';
    const auto lines = lines_of(text + large + "\nend\n");
    ASSERT_EQ(lines.size(), 100'002U);
    EXPECT_EQ(lines[99'999], "99999");
    EXPECT_EQ(lines[100'000], large);
    EXPECT_EQ(lines[100'001], "end");
}

TEST(LineReader, LeavesOutALineThatIsTooLong) {
    for (const char* end : {"", "\n", "\nlast"}) {
        const std::string text = "first\n" + std::string(1 << 20, 'x') + "\nsecond\n" + std::string(300'000, 'y') + end;
        Pipe pipe;
        std::jthread writing{[&] {
            pipe.write(text);
            pipe.close_in();
        }};
        LineReader reader{pipe.out(), '\n', 100'000};
        std::vector<std::string> lines;
        for (bool more = true; more;) {
            while (const auto line = reader.next()) lines.emplace_back(*line);
            more = !reader.ended();
            if (const auto filled = reader.fill(); !filled) {
                EXPECT_EQ(filled.error().exit_code(), ExitCode::usage);
                lines.emplace_back("too long");
            }
        }
        std::vector<std::string> expected{"first", "too long", "second", "too long"};
        if (std::string_view{end} == "\nlast") expected.emplace_back("last");
        EXPECT_EQ(lines, expected);
        EXPECT_EQ(reader.position(), text.size());
    }
}

TEST(LineReader, TakesALineOfTheMostThatItMayHaveAndNotOneMore) {
    constexpr std::size_t max = 200'000;
    for (const char* end : {"", "\n"}) {
        for (const std::size_t more : {0U, 1U}) {
            Pipe pipe;
            std::jthread writing{[&] {
                pipe.write(std::string(max + more, 'x') + end);
                pipe.close_in();
            }};
            LineReader reader{pipe.out(), '\n', max};
            std::size_t lines = 0;
            std::size_t refused = 0;
            for (bool more_comes = true; more_comes;) {
                while (const auto line = reader.next()) lines += line->size() == max ? 1 : 100;
                more_comes = !reader.ended();
                if (!reader.fill()) ++refused;
            }
            EXPECT_EQ(lines, 1 - more);
            EXPECT_EQ(refused, more);
        }
    }
}

} // namespace
} // namespace malla::cli
