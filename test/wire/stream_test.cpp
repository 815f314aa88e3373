// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/frame.hpp"
#include "malla/wire/stream.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

namespace malla::wire {
namespace {

template <class T>
std::string info_of(const Result<T>& result) {
    return result ? "it was read" : result.error().info();
}

TEST(Stream, ItemHeaderIsAppendedAndTheBodyComesAfterIt) {
    std::string out = "before";

    encode_header(out, StreamItem{1, 2, Content::json, {}});
    out += '2';

    EXPECT_EQ(out, "before" + golden::frame("stream_item"));
}

TEST(Stream, ItemPointsIntoItsFrame) {
    const std::string frame = golden::frame("stream_item");

    const auto item = decode_stream_item(frame);

    ASSERT_TRUE(item);
    EXPECT_EQ(item->body.data(), frame.data() + frame.size() - 1);
}

TEST(Stream, ItemWithoutASequenceIsRefused) {
    std::string frame = golden::frame("stream_item");
    frame[16] = 0;

    EXPECT_EQ(info_of(decode_stream_item(frame)), "STREAM_ITEM: the sequence is 0");
}

TEST(Stream, EndKeepsEveryPartOfItsStatus) {
    Status status{"Out of paper"};
    status.set_code(799).set_outcome(Outcome::unknown).set_info("").set_data("tray", "2").set_metadata("node", "a");

    EXPECT_EQ(decode_stream_end(encode(StreamEnd{7, 3, status}))->status, status);
}

TEST(Stream, EndWithAStatusThatIsCutShortIsRefused) {
    std::string frame = golden::frame("stream_end_failed");
    const std::size_t size = frame.size() - 10;
    frame.resize(size);
    golden::set_header(frame, size - preamble_bytes);
    frame[25] = static_cast<char>(frame[25] - 10); // the field ends where the frame does

    EXPECT_EQ(info_of(decode_stream_end(frame)), "STREAM_END: it ends 10 bytes too early");
}

TEST(Stream, EndAndCreditHaveNoBody) {
    EXPECT_EQ(info_of(decode_stream_end(golden::frame("stream_end") + "x")),
              "STREAM_END: there are bytes behind its end");
    EXPECT_EQ(info_of(decode_credit(golden::frame("credit") + "x")), "CREDIT: there are bytes behind its end");
}

TEST(Stream, IdCanBeReadWhereTheRestCannot) {
    for (const auto* name : {"stream_item", "stream_end", "credit"})
        EXPECT_EQ(peek_id(golden::frame(name).substr(0, 16)), 1U) << name;
}

TEST(Stream, WindowOfACallHoldsItsLimits) {
    Call call = golden::call_of_stream();
    for (const Window window : {Window{1, 1}, Window{max_stream_values, max_stream_bytes}}) {
        call.window = window;
        EXPECT_EQ(decode_call(*encode(call))->window, window);
    }
    for (const Window window :
         {Window{0, 1}, Window{1, 0}, Window{max_stream_values + 1, 1}, Window{1, max_stream_bytes + 1}}) {
        call.window = window;
        EXPECT_FALSE(encode(call)) << window.values << ' ' << window.bytes;
    }
    call.window = Window{0, 7};
    EXPECT_EQ(info_of(encode(call)), "CALL: the window is 0 values and 7 bytes, from 1 to 512 and 8388608");
}

TEST(Stream, WindowOfACallIsCheckedByItsReaderToo) {
    std::string frame = golden::frame("call_of_stream");
    const std::size_t window = frame.size() - golden::call_of_stream().body.size() - 8;
    frame[window + 3] = 1;

    EXPECT_EQ(info_of(decode_call(frame)),
              "CALL: the window is 16777344 values and 1048576 bytes, from 1 to 512 and 8388608");
}

} // namespace
} // namespace malla::wire
