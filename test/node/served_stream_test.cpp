// SPDX-License-Identifier: Apache-2.0
#include "malla/node/served_stream.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace malla {
namespace {

/// Gives so many values of one size.
class Texts final : public OutgoingStream {
public:
    Texts(int count, std::size_t bytes) : left_{count}, bytes_{bytes} {}

    Result<bool> next(Gate*, const CallInfo&, std::string& out) override {
        if (left_-- == 0) return false;
        out.append(bytes_, 'x');
        return true;
    }

private:
    int left_;
    std::size_t bytes_;
};

/// Runs it until it waits or is over.
ServedStream::Needs run(ServedStream& stream, const ServedStream::Send& send) {
    const CallInfo info;
    auto needs = ServedStream::Needs::turn;
    while (needs == ServedStream::Needs::turn) needs = stream.go_on(nullptr, info, send);
    return needs;
}

TEST(ServedStream, CreditThatComesBeforeTheSenderGoesOnIsNotLost) {
    ServedStream stream{std::make_unique<Texts>(3, 3000), 1, wire::Content::binary, {100, 1000}};

    const auto needs = run(stream, [&](std::string&&) {
        stream.add({1, 1, 3000}); // the caller has taken it at once
        return transport::Sent::sent;
    });

    EXPECT_EQ(needs, ServedStream::Needs::nothing);
    ASSERT_TRUE(stream.end());
    EXPECT_EQ(stream.end()->count, 3U);
}

TEST(ServedStream, WhatFindsNoRoomCostsNoCredit) {
    ServedStream stream{std::make_unique<Texts>(2, 10), 1, wire::Content::binary, {1, 1000}};

    EXPECT_EQ(run(stream, [](std::string&&) { return transport::Sent::full; }), ServedStream::Needs::room);
    EXPECT_TRUE(stream.has_credit());
    EXPECT_EQ(run(stream, [](std::string&&) { return transport::Sent::sent; }), ServedStream::Needs::credit);
    EXPECT_FALSE(stream.has_credit());
}

} // namespace
} // namespace malla
