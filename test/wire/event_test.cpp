// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/event.hpp"

#include "malla/wire/topic.hpp"
#include "malla/wire/topic_pattern.hpp"
#include "wire/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace malla::wire {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

// ---- topics and patterns

TEST(Topic, IsMadeOfWordsWithDotsBetween) {
    for (const auto& topic :
         {"orders"s, "orders.eu.created"s, "a/b.c-d_e:f"s, "ä.日本"s, "A.1"s, std::string(max_topic_bytes, 't')})
        EXPECT_EQ(topic_fault(topic), std::nullopt) << topic;
}

TEST(Topic, ThatIsNoneSaysWhatIsWrong) {
    EXPECT_EQ(topic_fault(""), "the topic is empty");
    EXPECT_EQ(topic_fault(std::string(max_topic_bytes + 1, 't')), "the topic is 201 bytes, at most 200");
    for (const auto& topic : {"."s, ".a"s, "a."s, "a..b"s})
        EXPECT_EQ(topic_fault(topic),
                  "the topic '" + topic + "' has an empty word: write words with one dot between them");
    for (const auto& topic : {"*"s, "a.>"s, "a*"s, ">b"s})
        EXPECT_EQ(topic_fault(topic), "the topic '" + topic + "' has a wildcard: an event has one topic");
    EXPECT_EQ(topic_fault("a b"), "the topic 'a b' has a space");
    for (const auto& topic : {"a\nb"s, "a\0b"s, "\xff"s})
        EXPECT_EQ(topic_fault(topic), "the topic is not printable UTF-8");
}

TEST(Pattern, MayHaveWildcardsInThePlaceOfWords) {
    for (const auto* pattern : {"orders", "*", ">", "orders.*", "*.created", "a.*.c.>", "*.*.>"})
        EXPECT_EQ(pattern_fault(pattern), std::nullopt) << pattern;
    EXPECT_EQ(pattern_fault(""), "the pattern is empty");
    EXPECT_EQ(pattern_fault(">.a"), "the pattern '>.a' has words behind '>': it stands at the end");
    EXPECT_EQ(pattern_fault("a*.b"), "the pattern 'a*.b' has a wildcard inside a word: '*' and '>' stand alone "
                                     "between the dots");
    EXPECT_THAT(pattern_fault("a.>>").value_or(""), HasSubstr("inside a word"));
    EXPECT_THAT(pattern_fault("a..>").value_or(""), HasSubstr("empty word"));
}

TEST(Pattern, ChoosesTopicsWordByWord) {
    const auto chosen = [](std::string_view pattern, std::string_view topic) { return matches(pattern, topic); };
    EXPECT_TRUE(chosen("orders.created", "orders.created"));
    EXPECT_FALSE(chosen("orders.created", "orders.create"));
    EXPECT_FALSE(chosen("orders.created", "orders.created.eu"));
    EXPECT_FALSE(chosen("orders.created", "orders"));

    EXPECT_TRUE(chosen("*", "orders"));
    EXPECT_FALSE(chosen("*", "orders.created"));
    EXPECT_TRUE(chosen("orders.*", "orders.created"));
    EXPECT_FALSE(chosen("orders.*", "orders"));
    EXPECT_FALSE(chosen("orders.*", "orders.created.eu"));
    EXPECT_TRUE(chosen("*.created", "orders.created"));
    EXPECT_TRUE(chosen("a.*.c", "a.b.c"));
    EXPECT_FALSE(chosen("a.*.c", "a.b.d"));

    EXPECT_TRUE(chosen(">", "orders"));
    EXPECT_TRUE(chosen(">", "orders.created.eu"));
    EXPECT_TRUE(chosen("orders.>", "orders.created"));
    EXPECT_TRUE(chosen("orders.>", "orders.created.eu"));
    EXPECT_FALSE(chosen("orders.>", "orders"));
    EXPECT_FALSE(chosen("orders.>", "ordersx.created"));
    EXPECT_TRUE(chosen("*.*.>", "a.b.c"));
    EXPECT_FALSE(chosen("*.*.>", "a.b"));
}

TEST(Pattern, HasALiteralPrefixUpToItsFirstWildcard) {
    EXPECT_EQ(literal_prefix("orders.created"), "orders.created");
    EXPECT_EQ(literal_prefix("orders.*.x"), "orders.");
    EXPECT_EQ(literal_prefix(">"), "");
}

TEST(EventSubscription, IsThePrefixOfWhatIsPublishedAndNeverTooLong) {
    EXPECT_EQ(event_subscription("malla", "orders.*"), "e/malla/orders.");
    EXPECT_EQ(event_subscription("malla", "orders.created"), "e/malla/orders.created\0"s);
    const std::string topic(max_topic_bytes, 't');
    const std::string published_topic = event_topic(std::string(max_name_bytes, 'c'), topic);
    const std::string asked = event_subscription(std::string(max_name_bytes, 'c'), topic);
    EXPECT_EQ(asked.size(), max_subscription_bytes);
    EXPECT_TRUE(published_topic.starts_with(asked));
    EXPECT_EQ(split_published(published(published_topic, "m"))->first, published_topic);
}

// ---- PUBLISH

TEST(Publish, BeyondItsLimitsIsNeitherWrittenNorRead) {
    Publish message = golden::publish();
    const std::string longest(max_event_bytes, 'b');
    message.body = longest;
    const auto frame = encode(message);
    ASSERT_TRUE(frame);
    EXPECT_EQ(decode_publish(*frame)->body, longest);
    EXPECT_EQ(decode_publish(*frame + 'b').error().info(), "PUBLISH: the body is 65537 bytes, at most 65536");

    const std::string longer = longest + 'b';
    message.body = longer;
    EXPECT_EQ(encode(message).error().info(), "PUBLISH: the body is 65537 bytes, at most 65536");
    message = golden::publish();
    message.sequence = 0;
    EXPECT_EQ(encode(message).error().info(), "PUBLISH: the sequence is 0");
    message = golden::publish();
    message.topic = "a.*";
    EXPECT_THAT(encode(message).error().info(), HasSubstr("has a wildcard"));
    message = golden::publish();
    message.publisher = {};
    EXPECT_EQ(encode(message).error().info(), "PUBLISH: the node id is nil");
}

TEST(Publish, WithAnIllegalTopicIsRefused) {
    std::string frame = golden::frame("publish");
    const std::size_t dot = frame.find("orders.placed") + 6;
    frame[dot] = '*';

    EXPECT_THAT(decode_publish(frame).error().info(), HasSubstr("'orders*placed' has a wildcard"));
    frame[dot] = '\0';
    EXPECT_EQ(decode_publish(frame).error().info(), "PUBLISH: the topic is not printable UTF-8");
}

} // namespace
} // namespace malla::wire
