// SPDX-License-Identifier: Apache-2.0
#include "malla/service/config_store.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

namespace malla {
namespace {

using testing::HasSubstr;

TEST(ConfigStore, KeepsDomainsApart) {
    ConfigStore store;
    ASSERT_TRUE(store.put("a", "b", 1));
    ASSERT_TRUE(store.put("ab", "", 2));
    ASSERT_TRUE(store.put("", "ab", 3));
    ASSERT_TRUE(store.put("", "1:ab", 4)); // looks like the key b of the domain a

    EXPECT_EQ(store.get("a", "b"), 1);
    EXPECT_EQ(store.get("ab", ""), 2);
    EXPECT_EQ(store.get("", "ab"), 3);
    EXPECT_EQ(store.content("a"), (std::map<std::string, Json>{{"b", 1}}));
    EXPECT_EQ(store.content(""), (std::map<std::string, Json>{{"1:ab", 4}, {"ab", 3}}));
    EXPECT_TRUE(store.content("b").empty());
}

TEST(ConfigStore, GivesTheDefaultForWhatIsAbsentErasedOrNull) {
    ConfigStore store;
    EXPECT_EQ(store.get("d", "k"), Json{});
    EXPECT_EQ(store.get("d", "k", 7), 7);

    ASSERT_TRUE(store.put("d", "k", 1));
    EXPECT_EQ(store.get("d", "k", 7), 1);
    EXPECT_TRUE(store.erase("d", "k"));
    EXPECT_FALSE(store.erase("d", "k"));
    EXPECT_EQ(store.get("d", "k", 7), 7);
    ASSERT_TRUE(store.put("d", "k", nullptr));
    EXPECT_EQ(store.get("d", "k", 7), 7);
}

TEST(ConfigStore, IncrementsANumberOfAnyKind) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "whole", 1));
    ASSERT_TRUE(store.put("d", "fraction", 0.5));

    EXPECT_EQ(*store.increment("d", "whole"), 2);
    EXPECT_EQ(*store.increment("d", "whole", -5), -3);
    EXPECT_EQ(*store.increment("d", "fraction", 2), 2.5);
    EXPECT_EQ(store.get("d", "whole"), -3);
    EXPECT_EQ(store.get("d", "fraction"), 2.5);
}

TEST(ConfigStore, IncrementsOnlyANumberThatIsThere) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "text", "1"));

    const auto absent = store.increment("d", "absent");
    const auto text = store.increment("d", "text");

    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().id(), "not_found");
    EXPECT_THAT(absent.error().info(), HasSubstr("d/absent"));
    EXPECT_EQ(store.get("d", "absent", "still"), "still");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().id(), "parameter_invalid");
    EXPECT_EQ(text.error().data().at("parameter"), "d/text");
    EXPECT_EQ(store.get("d", "text"), "1");
}

TEST(ConfigStore, ASumIsExactOrRefused) {
    constexpr auto signed_max = std::numeric_limits<std::int64_t>::max();
    constexpr auto signed_min = std::numeric_limits<std::int64_t>::min();
    constexpr auto unsigned_max = std::numeric_limits<std::uint64_t>::max();
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "least", signed_min + 1));
    ASSERT_TRUE(store.put("d", "middle", signed_max));
    ASSERT_TRUE(store.put("d", "most", unsigned_max - 1));

    EXPECT_EQ(*store.increment("d", "least", -1), signed_min);
    EXPECT_EQ(store.increment("d", "least", -1).error().id(), "parameter_invalid");
    EXPECT_EQ(store.get("d", "least"), signed_min);
    EXPECT_EQ(*store.increment("d", "middle"), std::uint64_t{signed_max} + 1);
    EXPECT_EQ(*store.increment("d", "middle", -1), signed_max);
    EXPECT_EQ(*store.increment("d", "most"), unsigned_max);
    EXPECT_EQ(store.increment("d", "most").error().id(), "parameter_invalid");
    EXPECT_EQ(store.get("d", "most"), unsigned_max);
}

TEST(ConfigStore, AnUpdateThatThrowsLeavesTheOldValue) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "k", 1));

    const auto failed = store.update("d", "k", [](const Json&) -> Json { throw std::runtime_error{"no luck"}; });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().id(), "internal_error");
    EXPECT_EQ(store.get("d", "k"), 1);
    EXPECT_EQ(*store.update("d", "k", [](const Json& old) { return Json::array({old}); }), Json::array({1}));
    EXPECT_EQ(store.get("d", "k"), Json::array({1}));
}

TEST(ConfigStore, AddsAnItemOnceAndAtTheFront) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "empty", nullptr));

    for (const auto* key : {"absent", "empty"}) {
        for (const auto* item : {"a", "b", "a", "b"}) ASSERT_TRUE(store.add("d", key, item));
        EXPECT_EQ(store.get("d", key), Json::array({"b", "a"}));
    }
}

TEST(ConfigStore, AddsToNothingButAnArray) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "k", Json::object({{"a", 1}})));

    const auto refused = store.add("d", "k", 1);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "parameter_invalid");
    EXPECT_THAT(refused.error().info(), HasSubstr("d/k"));
    EXPECT_EQ(store.get("d", "k"), Json::object({{"a", 1}}));
}

TEST(ConfigStore, RefusesAFurtherKeyWhenFull) {
    ConfigStore store{1};
    ASSERT_TRUE(store.put("d", "k", 1));

    EXPECT_EQ(store.put("other", "k", 1).error().id(), "not_allowed");
    EXPECT_EQ(store.add("d", "list", 1).error().id(), "not_allowed");
    EXPECT_TRUE(store.put("d", "k", 2));
}

TEST(ConfigStore, ManyThreadsLoseNoIncrementAndNoItem) {
    ConfigStore store;
    ASSERT_TRUE(store.put("d", "count", 0));
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 500; ++i) {
                    ASSERT_TRUE(store.increment("d", "count"));
                    ASSERT_TRUE(store.add("d", "items", (i + thread) % 50));
                }
            });
    }
    EXPECT_EQ(store.get("d", "count"), 2'000);
    EXPECT_EQ(store.get("d", "items").size(), 50u);
}

} // namespace
} // namespace malla
