// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/listener_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace malla::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

Json many(std::initializer_list<Json> entries) { return Json::object({{"httpd", Json::array(entries)}}); }

TEST(ListenersOf, HasOneOnPort3500OfThisMachineWithoutConfiguration) {
    const auto listeners = listeners_of(Json::object());
    ASSERT_TRUE(listeners);
    EXPECT_THAT(*listeners, ElementsAre(ListenerOptions{"default", "127.0.0.1", 3500, false}));
}

TEST(ListenersOf, CountsNamesAndPortsOn) {
    const auto listeners =
        listeners_of(many({Json::object(), Json::object(), Json::object({{"name", "own"}, {"port", 65535}})}));
    ASSERT_TRUE(listeners);
    EXPECT_THAT(*listeners, ElementsAre(ListenerOptions{"default", "127.0.0.1", 3500, false},
                                        ListenerOptions{"default-1", "127.0.0.1", 3501, false},
                                        ListenerOptions{"own", "127.0.0.1", 65535, false}));
    EXPECT_TRUE(listeners_of(many({}))->empty());
}

TEST(ListenersOf, RefusesWhatIsWrongAndSaysWhere) {
    const auto refusal = [](std::string_view httpd) {
        const auto listeners = listeners_of(Json::object({{"httpd", *Json::parse(httpd)}}));
        return listeners ? "taken" : std::string{listeners.error().id()} + ' ' + listeners.error().info();
    };
    EXPECT_EQ(refusal(R"(3500)"), "parameter_invalid httpd: expected an object or a list of objects");
    EXPECT_THAT(refusal(R"([{}, 1])"), StartsWith("parameter_invalid httpd[1]: expected an object"));
    EXPECT_THAT(refusal(R"({"prot": 1})"), StartsWith("field_unknown Field 'httpd.prot'"));
    EXPECT_THAT(refusal(R"([{}, {"port": 65536}])"), StartsWith("parameter_invalid httpd[1].port"));
    EXPECT_EQ(refusal(R"({"port": 65535})"), "taken");
    EXPECT_THAT(refusal(R"({"port": -1})"), StartsWith("parameter_invalid httpd.port"));
    EXPECT_THAT(refusal(R"({"port": 1.5})"), StartsWith("parameter_invalid httpd.port"));
    EXPECT_THAT(refusal(R"({"port": "80"})"), StartsWith("parameter_invalid httpd.port"));
    EXPECT_THAT(refusal(R"({"name": ""})"), StartsWith("parameter_invalid httpd.name"));
    EXPECT_THAT(refusal(R"([{"name": "a"}, {"name": "a"}])"), StartsWith("parameter_invalid httpd[1].name"));
    EXPECT_THAT(refusal(R"({"insecure": 1})"), StartsWith("parameter_invalid httpd.insecure"));
    EXPECT_THAT(refusal(R"({"address": 1})"), StartsWith("parameter_invalid httpd.address"));
    EXPECT_THAT(refusal(R"({"address": "example.com"})"), StartsWith("parameter_invalid httpd.address"));
    EXPECT_THAT(refusal(R"({"address": "*", "insecure": true})"), StartsWith("parameter_invalid httpd.address"));
}

TEST(ListenersOf, TakesAddressesOfOtherMachinesOnlyWhenToldTo) {
    const auto with = [](const char* address, bool insecure) {
        return listeners_of(Json::object({{"httpd", Json::object({{"address", address}, {"insecure", insecure}})}}));
    };
    EXPECT_EQ(with("0.0.0.0", false).error().id(), "credentials_required");
    EXPECT_EQ(with("::", false).error().id(), "credentials_required");
    EXPECT_TRUE(with("0.0.0.0", true));
    EXPECT_TRUE(with("127.0.0.2", false));
    EXPECT_TRUE(with("::1", false));
    EXPECT_EQ(endpoint_text("::1", 80), "[::1]:80");
}

} // namespace
} // namespace malla::plugins
