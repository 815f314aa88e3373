// SPDX-License-Identifier: Apache-2.0
#include "malla/node/finders.hpp"
#include "plugins/dns/dns.hpp"
#include "plugins/etcd/etcd.hpp"
#include "plugins/etcd/session.hpp"

#include <gmock/gmock.h>

namespace malla::plugins {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Dns, TakesANameAPortAndSettings) {
    const auto plain = DnsOptions::parse("dns://fleet.example");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->name.text(), "fleet.example:6255");
    EXPECT_EQ(plain->every, 5s);
    EXPECT_EQ(plain->server, "");

    const auto full = DnsOptions::parse("dns://fleet:70?every=100ms&server=[::1]");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->name.text(), "fleet:70");
    EXPECT_EQ(full->every, 100ms);
    EXPECT_EQ(full->server, "[::1]:53");
    for (const auto* wrong : {"dns://a:0", "dns://a?every=99ms", "dns://a?every=25h", "dns://a?server=:1"})
        EXPECT_FALSE(Dns::make(wrong)) << wrong;
}

TEST(Etcd, TakesOneAddressOrSeveral) {
    for (const auto* good : {"etcd://a", "etcd://a:1,b,[::1]:3"}) EXPECT_TRUE(Etcd::make(good)) << good;
    for (const auto* wrong : {"etcd://a,,b", "etcd://,a", "etcd://a:0", "etcd://a?ttl=5s"})
        EXPECT_FALSE(Etcd::make(wrong)) << wrong;
}

TEST(Etcd, ReadsOnlyWhatANodeWrites) {
    EXPECT_THAT(etcd_endpoints(R"({"endpoints":["tcp://a:1","tcp://b:2"]})"), ElementsAre("tcp://a:1", "tcp://b:2"));
    EXPECT_THAT(etcd_endpoints(R"({"endpoints":[1,"tcp://b:2",null]})"), ElementsAre("tcp://b:2"));
    for (const auto* other : {"", "x", "[]", "{}", R"({"endpoints":"tcp://a:1"})", "\xff"})
        EXPECT_THAT(etcd_endpoints(other), IsEmpty()) << other;
    EXPECT_THAT(etcd_endpoints(R"({"endpoints":["1","2","3","4","5","6","7","8","9"]})"), SizeIs(8));
}

TEST(TakeFinders, TakesThoseThatAreLinkedInAndLeavesEndpoints) {
    std::vector<std::string> peers{"tcp://127.0.0.1:1", "dns://a", "etcd://b", "host:1"};
    const auto sources = take_finders(peers, {{"dns", Dns::make}, {"etcd", Etcd::make}});

    ASSERT_TRUE(sources);
    EXPECT_THAT(peers, ElementsAre("tcp://127.0.0.1:1", "host:1"));
    ASSERT_THAT(*sources, SizeIs(2));
    EXPECT_EQ(sources->front().url, "dns://a");
    EXPECT_TRUE(sources->front().make("dns://a"));
}

TEST(TakeFinders, SaysWhereAnUnknownSchemeWasLookedFor) {
    std::vector<std::string> peers{"nosuch://a"};
    const auto sources = take_finders(peers, {});

    ASSERT_FALSE(sources);
    EXPECT_EQ(sources.error().id(), "endpoint_invalid");
    EXPECT_EQ(sources.error().exit_code(), ExitCode::usage);
    for (const auto& folder : plugin_folders())
        EXPECT_THAT(sources.error().info(), ::testing::HasSubstr(folder.string()));
}

} // namespace
} // namespace malla::plugins
