// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/message.hpp"
#include "malla/wire/topic.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

namespace malla::wire {
namespace {

using namespace std::string_literals;

TEST(Frame, OfAnotherVersionIsNamedAsSuch) {
    std::string frame = golden::frame("beat");
    frame[2] = 2;

    const auto message = decode(frame);

    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().id(), "version_unsupported");
    EXPECT_EQ(message.error().info(), "Protocol version not supported: this frame has version 2, supported are 1 to 1");
    EXPECT_EQ(peek(frame), std::nullopt);
    EXPECT_EQ(peek_version(frame), 2);
}

TEST(Frame, OfAnotherTypeIsUnrecognisedAndNoFault) {
    std::string frame = golden::frame("beat");
    frame[3] = 0x16;

    const auto message = decode(frame);

    ASSERT_TRUE(message);
    EXPECT_EQ(*message, Message{Unrecognised{0x16}});
    EXPECT_EQ(name_of(*peek(frame)), "");
}

TEST(Frame, ThatIsNoneIsRefused) {
    for (const auto& frame : {""s, "ML"s, "ML\x01\x31\0\0\0"s, "GET / HTTP/1.1"s}) {
        const auto message = decode(frame);
        ASSERT_FALSE(message);
        EXPECT_EQ(message.error().info(), "this is no frame of Malla");
        EXPECT_EQ(peek(frame), std::nullopt);
    }
}

TEST(Frame, ThatHasNoBodyMayHaveNothingBehindItsEnd) {
    EXPECT_EQ(decode(golden::frame("beat") + "x").error().info(), "BEAT: there are bytes behind its end");
}

TEST(Frame, HeaderIsBounded) {
    std::string frame = golden::frame("ping");
    frame.resize(preamble_bytes + max_header_bytes + 1);

    golden::set_header(frame, max_header_bytes + 1);
    EXPECT_EQ(decode(frame).error().info(), "PING: the header is 262145 bytes, at most 262144");
    golden::set_header(frame, max_header_bytes + 2);
    EXPECT_EQ(decode(frame).error().info(), "PING: the header is 262146 bytes, at most 262144");
    golden::set_header(frame, max_header_bytes);
    EXPECT_EQ(decode(frame).error().info(), "PING: there are bytes behind its end");
}

TEST(Hello, TextsAreCutAndNilIsRefused) {
    Hello hello{golden::alpha, std::string(200, 'n'), "", 1, 3, false};
    EXPECT_EQ(decode_hello(encode(hello))->name, std::string(max_name_bytes, 'n'));

    hello.node = {};
    EXPECT_EQ(decode_hello(encode(hello)).error().info(), "HELLO: the node id is nil");
}

TEST(Welcome, ARoleOfALaterVersionCountsAsNode) {
    std::string frame = golden::frame("welcome");
    frame[25] = 7;

    EXPECT_EQ(decode_welcome(frame)->role, Role::node);
}

TEST(Published, IsSplitAtTheFirstZero) {
    const std::string frame = published(directory_topic("malla"), golden::frame("beat"));

    const auto parts = split_published(frame);

    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->first, "d/malla");
    EXPECT_EQ(parts->second, golden::frame("beat"));
    EXPECT_TRUE(frame.starts_with(subscription("d/malla")));
    EXPECT_FALSE(frame.starts_with(subscription("d/mall")));
}

TEST(Published, ATopicThatIsTooLongOrEndlessIsNone) {
    EXPECT_TRUE(split_published(published(std::string(max_published_topic_bytes, 't'), "m")));
    EXPECT_FALSE(split_published(std::string(max_published_topic_bytes + 1, 't') + '\0'));
    EXPECT_FALSE(split_published("d/malla"));
}

} // namespace
} // namespace malla::wire
