// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/settings.hpp"

#include "malla/codec/field.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace shapes {
namespace {

struct Limits {
    int calls = 10;
    std::optional<std::string> note;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("calls", calls), malla::field("note", note));
    }
};

struct Server {
    std::string host = "localhost";
    int port = 80;
    Limits limits;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("host", host), malla::field("port", port), malla::field("limits", limits));
    }
};

malla::Json json(std::string_view text) { return *malla::Json::parse(text); }

TEST(Settings, KeepTheDefaultsOfTheTypeWhereNothingIsConfigured) {
    const auto server = malla::settings<Server>(json(R"({"http":{"port":8080,"limits":{"note":"x"}}})"), "http");
    ASSERT_TRUE(server);
    EXPECT_EQ(server->host, "localhost");
    EXPECT_EQ(server->port, 8080);
    EXPECT_EQ(server->limits.calls, 10);
    EXPECT_EQ(server->limits.note, "x");
    EXPECT_EQ(malla::settings<Server>(json("{}"), "http")->port, 80);
}

TEST(Settings, ReadTheirOwnMembersOfAWholeConfiguration) {
    const auto limits = malla::settings<Limits>(json(R"({"calls":3,"note":"y","others":{"have":"more"}})"));
    ASSERT_TRUE(limits);
    EXPECT_EQ(limits->calls, 3);
    EXPECT_EQ(limits->note, "y");
}

TEST(Settings, RefuseWhatDoesNotFitAndNameItsPlace) {
    const auto wrong_type = malla::settings<Server>(json(R"({"http":{"port":"x"}})"), "http");
    ASSERT_FALSE(wrong_type);
    EXPECT_THAT(wrong_type.error().info(), testing::HasSubstr("http.port"));
    const auto misspelt = malla::settings<Server>(json(R"({"http":{"limits":{"cals":1}}})"), "http");
    ASSERT_FALSE(misspelt);
    EXPECT_EQ(misspelt.error().id(), "field_unknown");
    EXPECT_THAT(misspelt.error().info(), testing::HasSubstr("http.limits.cals"));
    EXPECT_FALSE(malla::settings<Server>(json(R"({"http":3})"), "http"));
}

} // namespace
} // namespace shapes
