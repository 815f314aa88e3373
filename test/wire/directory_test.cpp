// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/directory.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace malla::wire {
namespace {

std::string info_of(const Result<std::string>& result) { return result ? "it was written" : result.error().info(); }

TEST(Announce, RecordIsRefusedBeyondItsSizeAndTakenUpToIt) {
    NodeRecord record = golden::record();
    record.services[0].callbacks.clear();
    while (encode(record)->size() + 1100 < max_record_bytes)
        record.services[0].callbacks.push_back({"c", std::string(1000, ' ')});
    record.services[0].callbacks.push_back({"c", ""});
    record.services[0].callbacks.back().description.assign(max_record_bytes - encode(record)->size(), ' ');

    const auto largest = encode(record);
    ASSERT_TRUE(largest) << largest.error().text();
    EXPECT_EQ(largest->size(), max_record_bytes);
    EXPECT_EQ(decode_announce(*largest)->record, record);

    record.services[0].callbacks.back().description += ' ';
    EXPECT_EQ(info_of(encode(record)), "ANNOUNCE: the record is 65537 bytes, at most 65536");
}

TEST(Announce, CountsAreBounded) {
    NodeRecord record = golden::record();
    record.endpoints.assign(max_endpoints + 1, "tcp://h:1");
    EXPECT_EQ(info_of(encode(record)), "ANNOUNCE: more than 8 endpoints");

    record = golden::record();
    record.services[0].callbacks.assign(max_callbacks + 1, {"c", ""});
    EXPECT_EQ(info_of(encode(record)), "ANNOUNCE: more than 256 callbacks");

    record = golden::record();
    record.services.assign(max_services + 1, record.services[0]);
    EXPECT_EQ(info_of(encode(record)), "ANNOUNCE: more than 1000 services");

    record = golden::record();
    record.id = {};
    EXPECT_EQ(info_of(encode(record)), "ANNOUNCE: the node id is nil");
}

TEST(Announce, ServiceStatusOfALaterVersionTakesNoCalls) {
    std::string frame = golden::frame("announce");
    const std::size_t status_at = frame.find("Calculator") + 10 + 6;
    frame[status_at] = 99;

    const auto announce = decode_announce(frame);

    ASSERT_TRUE(announce);
    EXPECT_EQ(announce->record.services[0].status, RunningStatus::failed);
    EXPECT_FALSE(announce->record.services[0].is_callable());
    EXPECT_TRUE(golden::record().services[0].is_callable());
}

TEST(Announce, EachAdministrativeStatusArrivesAndOneOfALaterVersionTakesNoCalls) {
    NodeRecord record = golden::record();
    using enum AdminStatus;
    for (const AdminStatus status : {active, pause, inactive, drain}) {
        record.services[0].admin_status = status;
        EXPECT_EQ(decode_announce(*encode(record))->record.services[0].admin_status, status);
    }
    record.services[0].admin_status = static_cast<AdminStatus>(99);
    EXPECT_EQ(decode_announce(*encode(record))->record.services[0].admin_status, inactive);
}

TEST(Announce, FaultInsideAServiceIsTheFaultOfTheMessage) {
    std::string frame = golden::frame("announce");
    frame[frame.find("square")] = '\x1b';

    const auto announce = decode_announce(frame);

    ASSERT_FALSE(announce);
    EXPECT_EQ(announce.error().info(), "ANNOUNCE: the callback name is not printable UTF-8");
}

TEST(Ask, ACountThatCannotBeTrueIsRefusedBeforeMemoryIsTaken) {
    std::string frame = golden::frame("ask");
    frame[8] = 3;
    EXPECT_EQ(decode_ask(frame).error().info(), "ASK: 3 nodes do not fit into it");
    frame[11] = 0x7F;
    EXPECT_EQ(decode_ask(frame).error().info(), "ASK: 2130706435 nodes, at most 10000");
}

TEST(Listing, TakesTheLargestDirectory) {
    Listing listing;
    for (std::uint64_t i = 0; i < max_nodes; ++i) listing.entries.push_back({golden::alpha, i});

    EXPECT_EQ(*decode_listing(encode(listing)), listing);
}

TEST(Gone, ReasonIsCutAtItsLimit) {
    const Gone gone{golden::alpha, 1, std::string(max_reason_bytes + 5, 'r')};

    EXPECT_EQ(decode_gone(encode(gone))->reason.size(), max_reason_bytes);
}

TEST(Digest, DoesNotDependOnTheOrderAndDependsOnEveryPart) {
    std::vector<Entry> entries{{golden::alpha, 3}, {golden::beta, 9}};
    const Digest digest = digest_of(entries);

    std::ranges::reverse(entries);
    EXPECT_EQ(digest_of(entries), digest);

    entries[0].sequence = 10;
    EXPECT_NE(digest_of(entries).hash, digest.hash);
    entries.pop_back();
    EXPECT_EQ(digest_of(entries).count, 1U);
    EXPECT_EQ(digest_of({}), Digest{});
}

TEST(Digest, IsTheFunctionOfTheDocument) {
    EXPECT_EQ(digest_entry(golden::alpha, 3), 0x020a3fd0efcca2ffU);
    EXPECT_EQ(digest_entry(golden::beta, 9), 0xa1d9bebfc54f8f37U);
}

} // namespace
} // namespace malla::wire
