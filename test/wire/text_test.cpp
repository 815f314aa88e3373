// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/text.hpp"

#include <gtest/gtest.h>

namespace malla::wire {
namespace {

TEST(Text, IsUtf8AtTheEdgesOfEachLengthAndNotBeyond) {
    for (const char* good : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "x\xE2\x82\xACy"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2x", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                            "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF1\x80\x80"})
        EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Text, IsPrintableWithoutControlCharacters) {
    EXPECT_TRUE(is_printable("Caf\xC3\xA9 \xC2\xA0!"));
    for (const char* bad : {"\n", "a\x1b[2J", "\x7F", "\xC2\x80", "\xC2\x9F"}) {
        EXPECT_FALSE(is_printable(bad));
        EXPECT_TRUE(is_utf8(bad));
    }
}

TEST(Text, KeepsWhatIsReadableOfOtherBytes) {
    EXPECT_EQ(as_utf8("Caf\xC3\xA9"), "Caf\xC3\xA9");
    EXPECT_EQ(as_utf8("caf\xE9: no\xFF"), "caf\xEF\xBF\xBD: no\xEF\xBF\xBD");
    EXPECT_EQ(as_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Text, IsNotCutInsideACharacter) {
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("abc", 2), "ab");
    EXPECT_EQ(cut("a\xE2\x82\xAC", 3), "a");
    EXPECT_EQ(cut("a\xE2\x82\xACz", 4), "a\xE2\x82\xAC");
}

} // namespace
} // namespace malla::wire
