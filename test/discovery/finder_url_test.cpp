// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/finder_url.hpp"

#include <gtest/gtest.h>

namespace malla::discovery {
namespace {

TEST(FinderUrl, IsToldApartFromEndpoints) {
    for (const auto* url : {"dns://a", "etcd://a:1,b:2", "x_1://", "beacon://239.0.0.1:1?interface=lo"})
        EXPECT_TRUE(is_finder_url(url)) << url;
    const std::string longest(32, 'a');
    EXPECT_TRUE(is_finder_url(longest + "://a"));
    EXPECT_FALSE(is_finder_url(longest + "a://a"));
    for (const auto* other : {"tcp://127.0.0.1:1", "ipc://x", "inproc://x", "", "://a", "host:1", "DNS://a", "../x://a",
                              "1a://a", "a.b://c"})
        EXPECT_FALSE(is_finder_url(other)) << other;
}

TEST(FinderUrl, HasAPlaceAndTheSettingsThatAreKnown) {
    const auto url = FinderUrl::parse("dns://name:7000?every=5s&server=10.0.0.1:53", {"every", "server"});

    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "dns");
    EXPECT_EQ(url->place, "name:7000");
    EXPECT_EQ(url->settings.at("every"), "5s");
    EXPECT_EQ(url->settings.at("server"), "10.0.0.1:53");
}

TEST(FinderUrl, SaysWhatIsWrong) {
    for (const auto* url : {"dns://", "dns://?every=5s", "dns://a?other=1", "dns://a?every",
                            "dns://a?every=", "dns://a?", "dns://a?every=5s&", "tcp://a"}) {
        const auto parsed = FinderUrl::parse(url, {"every"});
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().id(), "endpoint_invalid");
        EXPECT_TRUE(parsed.error().info().starts_with(url)) << parsed.error().info();
    }
}

TEST(HostPort, IsReadWithAndWithoutAPortAndInBrackets) {
    const auto text_of = [](std::string_view text) {
        const auto read = HostPort::parse(text, 6255);
        return read ? read->text() : "refused";
    };
    EXPECT_EQ(text_of("name"), "name:6255");
    EXPECT_EQ(text_of("10.0.0.1:65535"), "10.0.0.1:65535");
    EXPECT_EQ(text_of("[fe80::1]"), "[fe80::1]:6255");
    EXPECT_EQ(text_of("[::1]:80"), "[::1]:80");
    for (const auto* wrong : {"", ":80", "a:", "a:0", "a:65536", "a:1x", "[::1", "[]:1", "[::1]80", "::1"})
        EXPECT_EQ(text_of(wrong), "refused") << wrong;
}

} // namespace
} // namespace malla::discovery
