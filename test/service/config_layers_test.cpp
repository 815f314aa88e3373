// SPDX-License-Identifier: Apache-2.0
#include "malla/service/config_layers.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace malla {
namespace {

Json json(std::string_view text) { return *Json::parse(text); }

ConfigLayers layers() {
    ConfigLayers all;
    EXPECT_TRUE(all.set(ConfigLayer::defaults, json(R"({"size":1,"http":{"port":80,"host":"a"},"old":true})")));
    EXPECT_TRUE(all.set(ConfigLayer::file, json(R"({"http":{"port":8080}})")));
    EXPECT_TRUE(all.set(ConfigLayer::start, json(R"({"old":null,"list":[1,2]})")));
    return all;
}

TEST(ConfigLayers, LetsLaterLayersCountMoreMemberByMember) {
    EXPECT_EQ(layers().merged(), json(R"({"size":1,"http":{"port":8080,"host":"a"},"list":[1,2]})"));
}

TEST(ConfigLayers, KeepsUpdatesApartFromWhatTheyCover) {
    ConfigLayers all = layers();
    ASSERT_TRUE(all.update(json(R"({"http":{"port":1}})")));
    ASSERT_TRUE(all.update(json(R"({"size":null})")));
    EXPECT_EQ(all.merged(), json(R"({"http":{"port":1,"host":"a"},"list":[1,2]})"));

    // What was given at the start is still there after an update of something else.
    EXPECT_EQ(all.at(ConfigLayer::start), layers().at(ConfigLayer::start));
    ASSERT_TRUE(all.set(ConfigLayer::update, Json::object()));
    EXPECT_EQ(all.merged(), layers().merged());
}

TEST(ConfigLayers, SaysWhereEachValueCameFrom) {
    ConfigLayers all = layers();
    ASSERT_TRUE(all.update(json(R"({"size":3})")));
    Json config = all.merged();
    config.set("made", 1);
    std::map<std::string, std::string> found;
    for (const auto& each : all.values_of(config)) found[each.path] = name_of(each.layer);

    EXPECT_EQ(found, (std::map<std::string, std::string>{{"size", "update"},
                                                         {"http.port", "file"},
                                                         {"http.host", "defaults"},
                                                         {"list", "start"},
                                                         {"made", "plugin"}}));
}

TEST(ConfigLayers, GivesThePartOfOneMember) {
    ConfigLayers node;
    ASSERT_TRUE(node.set(ConfigLayer::file, json(R"({"Echo":{"a":1},"Other":{"b":2},"Odd":3})")));
    EXPECT_EQ(node.part("Echo").merged(), json(R"({"a":1})"));
    EXPECT_EQ(node.part("Nobody").merged(), json("{}"));
    EXPECT_EQ(node.part("Odd").merged(), json("{}"));
}

TEST(ConfigLayers, RefusesWhatIsNoObject) {
    ConfigLayers all = layers();
    EXPECT_EQ(all.set(ConfigLayer::file, json("[1]")).error().id(), "parameter_invalid");
    EXPECT_EQ(all.update(json("3")).error().id(), "parameter_invalid");
    EXPECT_EQ(all.merged(), layers().merged());
}

TEST(ConfigPath, FindsAndMakesValuesDeepInside) {
    const Json config = json(R"({"a":{"b":{"c":1}}})");
    EXPECT_EQ(*find_path(config, "a.b.c"), Json{1});
    EXPECT_EQ(find_path(config, "a.c"), nullptr);
    EXPECT_EQ(find_path(config, "a.b.c.d"), nullptr);
    EXPECT_EQ(*at_path("a.b.c", 1), config);
    EXPECT_FALSE(at_path("a..c", 1));
    EXPECT_FALSE(at_path("", 1));
}

} // namespace
} // namespace malla
