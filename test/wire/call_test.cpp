// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/call.hpp"
#include "malla/wire/frame.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

#include <iterator>

namespace malla::wire {
namespace {

std::string info_of(const Result<Call>& result) { return result ? "it was read" : result.error().info(); }
std::string info_of(const Result<std::string>& result) { return result ? "it was written" : result.error().info(); }

/// The offset in the golden CALL of the byte with the length of the service's name.
constexpr std::size_t service_at = 92;

TEST(Call, PointsIntoItsFrame) {
    const std::string frame = golden::frame("call_with_fields");

    const auto call = decode_call(frame);

    ASSERT_TRUE(call);
    for (const auto view : {call->service, call->callback, call->traceparent, call->caller, call->body,
                            call->metadata.at(0).first, call->metadata.at(0).second}) {
        EXPECT_GE(view.data(), frame.data());
        EXPECT_LE(view.data() + view.size(), frame.data() + frame.size());
    }
}

TEST(Call, HeaderIsAppendedAndTheBodyComesAfterIt) {
    std::string out = "before";

    ASSERT_TRUE(encode_header(out, golden::call()));
    out += golden::call().body;

    EXPECT_EQ(out, "before" + golden::frame("call"));
}

TEST(Call, NamesAreTakenUpToTheirLimitAndRefusedBeyondIt) {
    auto call = golden::call();
    const std::string longest(max_name_bytes, 'x');
    const std::string longer(max_name_bytes + 1, 'x');

    call.service = longest;
    EXPECT_TRUE(decode_call(*encode(call)));
    call.service = longer;
    EXPECT_EQ(info_of(encode(call)), "CALL: the service name is 129 bytes, at most 128");
    call.service = "";
    EXPECT_EQ(info_of(encode(call)), "CALL: the service name is empty");
    call.service = "a\nb";
    EXPECT_EQ(info_of(encode(call)), "CALL: the service name is not printable UTF-8");
}

TEST(Call, WhatIsRefusedLeavesTheOutputAsItWas) {
    auto call = golden::call();
    call.callback = "";
    std::string out = "before";

    EXPECT_FALSE(encode_header(out, call));

    EXPECT_EQ(out, "before");
}

TEST(Call, ReaderHoldsTheSameLimitsAsTheWriter) {
    std::string frame = golden::frame("call");
    frame.insert(service_at + 1, std::string(190, 'x'));
    frame[service_at] = static_cast<char>(200);
    golden::set_header(frame, 105 + 190);

    EXPECT_EQ(info_of(decode_call(frame)), "CALL: the service name is 200 bytes, at most 128");
}

TEST(Call, MetadataIsBoundedInCountAndInBytes) {
    auto call = golden::call();
    call.metadata.assign(max_pairs, {"k", "v"});
    EXPECT_TRUE(encode(call));
    call.metadata.emplace_back("k", "v");
    EXPECT_EQ(info_of(encode(call)), "CALL: more than 64 pairs");

    const std::string value(max_value_bytes, 'v');
    call.metadata.assign(2, {"k", value});
    EXPECT_EQ(info_of(encode(call)), "CALL: the pairs are more than 16384 bytes");
    call.metadata.assign(1, {"", value});
    EXPECT_EQ(info_of(encode(call)), "CALL: a key is empty");
}

TEST(Call, FieldsThatAreUnknownAreSkipped) {
    std::string frame = golden::frame("call");
    const std::string_view field{"\x63\x03\x00\x00\x00xyz", 8};
    frame.insert(frame.size() - golden::call().body.size(), field);
    golden::set_header(frame, 105 + field.size());

    const auto call = decode_call(frame);

    ASSERT_TRUE(call) << call.error().text();
    EXPECT_EQ(*call, golden::call());
}

TEST(Call, SaysWhereItEndsTooEarly) {
    const std::string frame = golden::frame("call");
    EXPECT_EQ(info_of(decode_call(frame.substr(0, 50))), "CALL: the header is 105 bytes, and 42 are there");

    std::string shorter = frame;
    golden::set_header(shorter, 10);
    EXPECT_EQ(info_of(decode_call(shorter)), "CALL: it ends 14 bytes too early");
}

TEST(Call, ContentThatIsUnknownAndAnIdOfZeroAreRefused) {
    std::string frame = golden::frame("call");
    frame[89] = 2;
    EXPECT_EQ(info_of(decode_call(frame)), "CALL: the content type 2 is unknown");
    frame = golden::frame("call");
    frame[8] = 0;
    EXPECT_EQ(info_of(decode_call(frame)), "CALL: the id is 0");
}

TEST(Call, IsTakenForNoOtherMessage) {
    EXPECT_EQ(info_of(decode_call(golden::frame("reply"))), "CALL: this frame is REPLY");
}

TEST(Call, IdCanBeReadWhereTheRestCannot) {
    EXPECT_EQ(peek_id(golden::frame("call_with_fields").substr(0, 16)), 258U);
    EXPECT_EQ(peek_id(golden::frame("failure")), 1U);
    EXPECT_EQ(peek_id(golden::frame("call").substr(0, 15)), std::nullopt);
    EXPECT_EQ(peek_id(golden::frame("beat")), std::nullopt);
}

TEST(Reply, HeaderIsAppendedAndTheBodyComesAfterIt) {
    std::string out;

    encode_header(out, Reply{1, Content::json, {}});
    out += '5';

    EXPECT_EQ(out, golden::frame("reply"));
}

TEST(Failure, CutsAStatusThatIsTooLong) {
    Status status{"bad_request"};
    status.set_info(std::string(max_info_bytes - 1, 'x') + "\u20ac"); // the limit is inside the character
    for (std::size_t i = 0; i < max_pairs + 10; ++i) status.set_data("key" + std::to_string(i), "value");
    status.set_metadata("bad", "a\xFF");

    const auto failure = decode_failure(encode(Failure{1, status}));

    ASSERT_TRUE(failure) << failure.error().text();
    EXPECT_EQ(failure->status.info(), std::string(max_info_bytes - 1, 'x'));
    EXPECT_EQ(failure->status.data().size(), max_pairs);
    EXPECT_EQ(failure->status.metadata().at("bad"), "a\xEF\xBF\xBD");
}

TEST(Failure, SaysWhatIsReadableOfATextThatIsNoUtf8) {
    const auto failure = decode_failure(encode(Failure{1, Status{"bad_request"}.set_info("caf\xE9!")}));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status.info(), "caf\xEF\xBF\xBD!");
}

TEST(Failure, AnOutcomeThatIsUnknownCountsAsUnknown) {
    std::string frame = golden::frame("failure");
    frame[18] = 9;

    EXPECT_EQ(decode_failure(frame)->status.outcome(), Outcome::unknown);
}

TEST(Failure, KeepsEveryPartOfAStatusThatNoTableHas) {
    Status status{"Out of paper"};
    status.set_code(799).set_outcome(Outcome::not_run).set_info("").set_data("tray", "2");

    EXPECT_EQ(decode_failure(encode(Failure{7, status}))->status, status);
}

} // namespace
} // namespace malla::wire
