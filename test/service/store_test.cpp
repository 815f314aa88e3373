// SPDX-License-Identifier: Apache-2.0
#include "malla/service/store.hpp"

#include "malla/base/error.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A store whose time the test moves.
struct Timed {
    std::atomic<Clock::time_point> now{Clock::time_point{} + 1h};
    Store store{1'000, [this] { return now.load(); }};

    void pass(Clock::duration time) { now = now.load() + time; }
};

std::string name(int number) { return "key " + std::to_string(number); }

TEST(Store, GivesBackWhatWasPut) {
    Store store;
    EXPECT_EQ(store.get("a"), std::nullopt);
    EXPECT_EQ(store.get("a", "none"), "none");

    ASSERT_TRUE(store.put("a", 1));
    ASSERT_TRUE(store.put("a", Json::array({2})));
    ASSERT_TRUE(store.put("", nullptr));

    EXPECT_EQ(store.get("a"), Json::array({2}));
    EXPECT_EQ(store.get("a", "none"), Json::array({2}));
    EXPECT_EQ(store.get(""), Json{}); // there, and null
    EXPECT_EQ(store.size(), 2u);
}

TEST(Store, PutNewAddsOnlyWhatIsAbsent) {
    Store store;
    EXPECT_TRUE(store.put_new("a", 1));

    const auto refused = store.put_new("a", 2);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "conflict");
    EXPECT_THAT(refused.error().info(), HasSubstr(": a"));
    EXPECT_EQ(store.get("a"), 1);
}

TEST(Store, EraseTellsWhetherTheKeyWasThere) {
    Store store;
    ASSERT_TRUE(store.put("a", 1, 1h));

    EXPECT_TRUE(store.erase("a"));
    EXPECT_FALSE(store.erase("a"));
    EXPECT_EQ(store.get("a"), std::nullopt);
    EXPECT_EQ(store.size(), 0u);
}

TEST(Store, AnEntryIsThereUntilItsTimeHasPassedAndNotAfter) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("a", 1, 10s));

    timed.pass(10s - 1ns);
    EXPECT_EQ(timed.store.get("a"), 1);
    EXPECT_FALSE(timed.store.put_new("a", 2));
    timed.pass(1ns);
    EXPECT_EQ(timed.store.get("a"), std::nullopt);
    EXPECT_FALSE(timed.store.erase("a"));
    EXPECT_TRUE(timed.store.put_new("a", 3));
    EXPECT_EQ(timed.store.get("a"), 3);
}

TEST(Store, NoTimeOrLessIsGoneAtOnceAndTooMuchIsForEver) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("none", 1, 0s));
    ASSERT_TRUE(timed.store.put("less", 1, Clock::duration::min()));
    ASSERT_TRUE(timed.store.put("ever", 1, Clock::duration::max()));

    EXPECT_EQ(timed.store.get("none"), std::nullopt);
    EXPECT_EQ(timed.store.get("less"), std::nullopt);
    timed.now = Clock::time_point::max();
    EXPECT_EQ(timed.store.get("ever"), 1);
}

TEST(Store, APutReplacesTheTimeToLiveToo) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("stays", 1, 1s));
    ASSERT_TRUE(timed.store.put("stays", 2));
    ASSERT_TRUE(timed.store.put("longer", 1, 1s));
    ASSERT_TRUE(timed.store.put("longer", 2, 3s));
    ASSERT_TRUE(timed.store.put("shorter", 1));
    ASSERT_TRUE(timed.store.put("shorter", 2, 1s));

    timed.pass(2s);
    EXPECT_EQ(timed.store.content(), (std::map<std::string, Json>{{"longer", 2}, {"stays", 2}}));
    timed.pass(1s);
    EXPECT_EQ(timed.store.content(), (std::map<std::string, Json>{{"stays", 2}}));
}

TEST(Store, ExpiredEntriesAreSeenByNobodyAndCountedByNobody) {
    Timed timed;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(timed.store.put(name(i), i, i < 60 ? 1s : 2s));
    ASSERT_EQ(timed.store.size(), 100u);

    timed.pass(1s);

    EXPECT_EQ(timed.store.size(), 40u);
    EXPECT_EQ(timed.store.content().size(), 40u);
    int visited = 0;
    timed.store.for_each([&](const std::string&, const Json& value) {
        ++visited;
        EXPECT_GE(value.as_integer(), 60);
    });
    EXPECT_EQ(visited, 40);
}

TEST(Store, WhenFullRefusesAFurtherKeyAndNothingElse) {
    Store store{2};
    ASSERT_TRUE(store.put("a", 1));
    ASSERT_TRUE(store.put("b", 1));

    for (const auto& refused : {store.put("c", 1), store.put_new("c", 1)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().id(), "not_allowed");
        EXPECT_THAT(refused.error().info(), HasSubstr("2 entries"));
    }
    EXPECT_EQ(store.update("c", [](const Json&) { return 1; }).error().id(), "not_allowed");
    EXPECT_TRUE(store.put("a", 2));
    EXPECT_EQ(store.put_new("b", 2).error().id(), "conflict");
    EXPECT_TRUE(store.erase("a"));
    EXPECT_TRUE(store.put("c", 1));
    EXPECT_EQ(store.size(), 2u);
}

TEST(Store, WhatHasExpiredLeavesRoomForAnyOtherKey) {
    auto now = Clock::time_point{};
    Store store{1, [&] { return now; }};
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(store.put(name(i), i, 1s)) << i;
        ASSERT_FALSE(store.put("one more", 1));
        now += 1s;
    }
}

TEST(Store, UpdateGivesNullForWhatIsAbsentAndReturnsTheNewValue) {
    Timed timed;
    const auto append = [](Json list) {
        list.push_back("x");
        return list;
    };
    ASSERT_TRUE(timed.store.put("expired", "old", 1s));
    timed.pass(1s);

    for (const auto* key : {"absent", "expired"}) {
        EXPECT_EQ(*timed.store.update(key, append), Json::array({"x"}));
        EXPECT_EQ(*timed.store.update(key, append), Json::array({"x", "x"}));
        EXPECT_EQ(timed.store.get(key), Json::array({"x", "x"}));
    }
    timed.pass(24h);
    EXPECT_EQ(timed.store.size(), 2u);
}

TEST(Store, UpdateKeepsTheTimeToLive) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("a", 1, 10s));
    timed.pass(5s);
    ASSERT_TRUE(timed.store.update("a", [](const Json& old) { return old.as_integer() + 1; }));

    timed.pass(5s - 1ns);
    EXPECT_EQ(timed.store.get("a"), 2);
    timed.pass(1ns);
    EXPECT_EQ(timed.store.get("a"), std::nullopt);
}

TEST(Store, AnUpdateThatFailsIsReportedAndLeavesTheOldValue) {
    Store store;
    ASSERT_TRUE(store.put("a", 1));
    const auto failure = [&](const Store::Change& change) { return store.update("a", change).error(); };

    EXPECT_EQ(failure([](const Json&) { return Status{"forbidden"}; }), Status{"forbidden"});
    EXPECT_EQ(failure([](const Json&) -> Json { throw Error{Status{"gone"}}; }), Status{"gone"});
    const auto thrown = failure([](const Json&) -> Json { throw std::runtime_error{"no luck"}; });
    EXPECT_EQ(thrown.id(), "internal_error");
    EXPECT_THAT(thrown.info(), HasSubstr("no luck"));
    EXPECT_EQ(failure([](const Json&) -> Json { throw 1; }).id(), "internal_error");
    EXPECT_EQ(failure({}).id(), "internal_error");

    EXPECT_EQ(store.get("a"), 1);
    EXPECT_FALSE(store.update("b", [](const Json&) { return Status{"forbidden"}; }));
    EXPECT_EQ(store.get("b"), std::nullopt);
}

TEST(Store, AnUpdateRunsAgainOnWhatSomebodyElseWroteMeanwhile) {
    for (const bool there : {false, true}) {
        Store store;
        if (there) {
            ASSERT_TRUE(store.put("a", 1));
        }
        std::vector<Json> seen;
        const auto updated = store.update("a", [&](Json old) {
            seen.push_back(old);
            if (seen.size() == 1) {
                EXPECT_TRUE(store.put("a", 10));
            }
            if (seen.size() == 2) {
                EXPECT_TRUE(store.erase("a"));
                EXPECT_TRUE(store.put("a", 10)); // the same value, written again
            }
            return old.is_null() ? 0 : old.as_integer() + 1;
        });
        EXPECT_EQ(*updated, 11);
        EXPECT_EQ(store.get("a"), 11);
        EXPECT_EQ(seen, (std::vector<Json>{there ? Json{1} : Json{}, 10, 10}));
    }
}

TEST(Store, AnUpdateDoesNotBringBackWhatExpiredDuringIt) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("a", 1, 1s));
    std::vector<Json> seen;
    ASSERT_TRUE(timed.store.update("a", [&](const Json& old) {
        seen.push_back(old);
        timed.pass(1s);
        return old.is_null() ? Json{"new"} : old;
    }));

    EXPECT_EQ(seen, (std::vector<Json>{1, Json{}}));
    EXPECT_EQ(timed.store.get("a"), "new");
}

TEST(Store, AnUpdateThatAlwaysWritesItsOwnKeyEnds) {
    Store store;
    unsigned runs = 0;
    const auto updated = store.update("a", [&](const Json&) {
        EXPECT_TRUE(store.put("a", ++runs));
        return "never";
    });

    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().id(), "conflict");
    EXPECT_EQ(runs, Store::max_update_attempts);
    EXPECT_EQ(store.get("a"), runs);
}

TEST(Store, WhatIsCalledForEachEntryMayUseTheStore) {
    Store store;
    std::set<std::string> all;
    for (int i = 0; i < 50; ++i) all.insert(name(i));
    for (const auto& key : all) ASSERT_TRUE(store.put(key, 1));

    std::set<std::string> visited;
    store.for_each([&](const std::string& key, const Json& value) {
        visited.insert(key);
        EXPECT_EQ(store.get(key), value);
        EXPECT_TRUE(store.erase(key));
    });

    EXPECT_EQ(visited, all);
    EXPECT_EQ(store.size(), 0u);
    ASSERT_TRUE(store.put("a", 1));
    EXPECT_THROW(store.for_each([](const std::string&, const Json&) { throw std::runtime_error{"stop"}; }),
                 std::runtime_error);
    EXPECT_TRUE(store.put("a", 2));
}

TEST(Store, NoUpdateOfManyThreadsIsLost) {
    Store store;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&] {
                for (int i = 0; i < 2'000; ++i) {
                    const auto updated = store.update(
                        name(i % 3), [](const Json& old) { return old.is_null() ? 1 : old.as_integer() + 1; });
                    ASSERT_TRUE(updated) << updated.error().text();
                }
            });
    }
    std::int64_t sum = 0;
    store.for_each([&](const std::string&, const Json& value) { sum += value.as_integer(); });
    EXPECT_EQ(sum, 8'000);
}

TEST(Store, OfManyThreadsThatAddOneKeyOneSucceeds) {
    for (int round = 0; round < 100; ++round) {
        Store store;
        std::atomic<int> added = 0;
        std::latch together{4};
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 4; ++thread)
                threads.emplace_back([&, thread] {
                    together.arrive_and_wait();
                    if (store.put_new("leader", thread)) ++added;
                });
        }
        ASSERT_EQ(added, 1);
    }
}

TEST(Store, ManyThreadsFillItToItsLimitExactly) {
    for (int round = 0; round < 20; ++round) {
        Store store{1'000};
        std::atomic<int> added = 0;
        std::latch together{4};
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 4; ++thread)
                threads.emplace_back([&, thread] {
                    together.arrive_and_wait();
                    for (int i = 0; i < 500; ++i)
                        if (store.put_new(name(4 * i + thread), i)) ++added;
                });
        }
        ASSERT_EQ(added, 1'000);
        ASSERT_EQ(store.size(), 1'000u);
        ASSERT_EQ(store.content().size(), 1'000u);
    }
}

TEST(Store, ManyThreadsSeeWholeValuesOnlyAndTheCountStaysRight) {
    Timed timed;
    const auto work = [&](int thread) {
        for (int i = 0; i < 3'000; ++i) {
            const std::string key = name((i * 7 + thread * 401) % 1'500);
            const auto put = timed.store.put(key, Json::array({i, i}), i % 3 == 0 ? std::optional{1s} : std::nullopt);
            if (!put) {
                ASSERT_EQ(put.error().id(), "not_allowed");
            }
            if (const auto value = timed.store.get(key)) {
                ASSERT_EQ(value->at(0), value->at(1));
            }
            if (i % 5 == 0) timed.store.erase(name(i % 1'500));
            if (i % 100 == 0) timed.pass(1s);
            if (i % 500 == 0) {
                ASSERT_LE(timed.store.content().size(), 1'000u);
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) threads.emplace_back(work, thread);
    }
    timed.pass(1s);
    const auto left = timed.store.content();
    EXPECT_EQ(timed.store.size(), left.size());
    for (const auto& [key, value] : left) EXPECT_TRUE(timed.store.erase(key));
    EXPECT_EQ(timed.store.size(), 0u);
}

TEST(StoreRecord, UndoGivesEachKeyTheValueFromBeforeTheFirstWrite) {
    Store store;
    ASSERT_TRUE(store.put("replaced", 1));
    ASSERT_TRUE(store.put("updated", 1));
    ASSERT_TRUE(store.put("erased", 1));
    ASSERT_TRUE(store.put("untouched", 1));
    const auto before = store.content();
    Store::Record record{store};
    {
        const Store::Recording recording{record};
        ASSERT_TRUE(store.put("replaced", 2));
        ASSERT_TRUE(store.put("replaced", 3));
        ASSERT_TRUE(store.update("updated", [](const Json&) { return Json{2}; }));
        ASSERT_TRUE(store.erase("erased"));
        ASSERT_TRUE(store.put("added", 1));
        ASSERT_TRUE(store.put_new("added too", 1));
        ASSERT_FALSE(store.put_new("untouched", 2));
        ASSERT_TRUE(store.put("added and erased", 1));
        ASSERT_TRUE(store.erase("added and erased"));
    }

    record.undo();

    EXPECT_EQ(store.content(), before);
    EXPECT_EQ(store.size(), before.size());
    ASSERT_TRUE(store.put("replaced", 4));
    record.undo();
    EXPECT_EQ(store.get("replaced"), 4) << "it was undone before";
}

TEST(StoreRecord, UndoGivesAnEntryItsTimeToLiveAgain) {
    Timed timed;
    ASSERT_TRUE(timed.store.put("short", 1, 10s));
    ASSERT_TRUE(timed.store.put("endless", 1));
    ASSERT_TRUE(timed.store.put("erased", 1, 10s));
    ASSERT_TRUE(timed.store.put("expires meanwhile", 1, 1s));
    Store::Record record{timed.store};
    {
        const Store::Recording recording{record};
        ASSERT_TRUE(timed.store.put("short", 2));
        ASSERT_TRUE(timed.store.put("endless", 2, 1s));
        ASSERT_TRUE(timed.store.erase("erased"));
        ASSERT_TRUE(timed.store.put("expires meanwhile", 2));
    }
    timed.pass(1s);

    record.undo();

    EXPECT_EQ(timed.store.get("expires meanwhile"), std::nullopt);
    timed.pass(9s - 1ns);
    EXPECT_EQ(timed.store.get("short"), 1);
    EXPECT_EQ(timed.store.get("erased"), 1);
    timed.pass(1ns);
    EXPECT_EQ(timed.store.get("short"), std::nullopt);
    EXPECT_EQ(timed.store.get("erased"), std::nullopt);
    EXPECT_EQ(timed.store.get("endless"), 1);
    EXPECT_EQ(timed.store.size(), 1u);
}

TEST(StoreRecord, HasOnlyWhatRecordedThreadsWriteInItsStore) {
    Store store;
    Store other;
    Store::Record record{store};
    ASSERT_TRUE(store.put("before", 1));
    {
        const Store::Recording recording{record};
        ASSERT_TRUE(store.put("recorded", 1));
        ASSERT_TRUE(other.put("other store", 1));
        std::thread{[&] { EXPECT_TRUE(store.put("other thread", 1)); }}.join();
        std::thread{[&] {
            const Store::Recording too{record};
            EXPECT_TRUE(store.put("recorded too", 1));
        }}.join();
    }
    ASSERT_TRUE(store.put("after", 1));

    record.undo();

    EXPECT_THAT(store.content(),
                testing::ElementsAre(testing::Key("after"), testing::Key("before"), testing::Key("other thread")));
    EXPECT_EQ(other.get("other store"), 1);
}

TEST(StoreRecord, TheInnermostRecordingCountsAndTheOuterOneGoesOnBehindIt) {
    Store store;
    Store::Record outer{store};
    Store::Record inner{store};
    {
        const Store::Recording outside{outer};
        ASSERT_TRUE(store.put("a", 1));
        {
            const Store::Recording inside{inner};
            ASSERT_TRUE(store.put("b", 1));
        }
        ASSERT_TRUE(store.put("c", 1));
    }

    outer.undo();
    EXPECT_THAT(store.content(), testing::ElementsAre(testing::Key("b")));
    inner.undo();
    EXPECT_EQ(store.size(), 0u);
}

TEST(StoreRecord, AThreadThatIsStillRecordedWritesNoMoreOnceItIsUndone) {
    Store store;
    ASSERT_TRUE(store.put("there", 1));
    Store::Record record{store};
    {
        const Store::Recording recording{record};
        ASSERT_TRUE(store.put("there", 2));
        record.undo();

        EXPECT_EQ(store.put("new", 1).error().id(), "cancelled");
        EXPECT_EQ(store.put_new("new", 1).error().id(), "cancelled");
        EXPECT_EQ(store.put("there", 3).error().id(), "cancelled");
        EXPECT_EQ(store.update("there", [](const Json&) { return Json{3}; }).error().id(), "cancelled");
        EXPECT_FALSE(store.erase("there"));
        EXPECT_EQ(store.get("there"), 1) << "it may still read";
    }
    EXPECT_TRUE(store.put("there", 4));
    EXPECT_EQ(store.size(), 1u);
}

TEST(StoreRecord, UndoneWhileItsThreadsWriteNothingOfThemStays) {
    for (int round = 0; round < 100; ++round) {
        Store store;
        ASSERT_TRUE(store.put(name(0), "before"));
        Store::Record record{store};
        std::latch begun{3};
        std::vector<std::thread> writers;
        for (int thread = 0; thread < 3; ++thread)
            writers.emplace_back([&, thread] {
                const Store::Recording recording{record};
                begun.arrive_and_wait();
                for (int i = 0; store.put(name(i % 50), thread); ++i) {
                }
            });
        begun.wait();
        record.undo();
        for (auto& writer : writers) writer.join();

        EXPECT_THAT(store.content(), testing::ElementsAre(testing::Pair(name(0), Json{"before"})));
    }
}

} // namespace
} // namespace malla
