// SPDX-License-Identifier: Apache-2.0
#include "malla/service/events.hpp"

#include "malla/service/live_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr Event::Time noon{1'748'779'200'250ms}; // 2025-06-01T12:00:00.250Z

Json text(std::string_view json) { return *Json::parse(json); }

TEST(EventUid, SortsByTimeAndIsNeverTheSame) {
    std::set<std::string> uids;
    for (int i = 0; i < 1000; ++i) uids.insert(event_uid(noon));
    EXPECT_EQ(uids.size(), 1000U);
    EXPECT_THAT(*uids.begin(), MatchesRegex("[0-9a-v]{9}-[0-9a-v]{18}"));

    for (const auto later : {1ms, 31ms, 32ms, 1'000'000'000ms})
        EXPECT_LT(*uids.rbegin(), event_uid(noon + later)) << later.count();
}

TEST(Event, AsJsonHasEverything) {
    Event event;
    event.uid = "u";
    event.event_class = "orders.created";
    event.service = "Orders";
    event.timestamp = noon;
    event.first_timestamp = noon - 1s;
    event.payload = text(R"({"id":7})");
    event.labels = {{"group", "eu"}};
    event.metadata = text(R"({"node":"n"})");
    event.count = 2;
    event.hash = "abc";

    EXPECT_EQ(*to_json(event).dump(),
              R"({"uid":"u","class":"orders.created","service":"Orders","timestamp":"2025-06-01T12:00:00.250Z",)"
              R"("payload":{"id":7},"labels":{"group":"eu"},"metadata":{"node":"n"},)"
              R"("first_timestamp":"2025-06-01T11:59:59.250Z","count":2,"hash":"abc"})");
    event.hash.clear();
    EXPECT_EQ(to_json(event).find("hash"), nullptr);
}

TEST(Event, OfATimeBeforeTheUnixEpochHasNoNegativeFraction) {
    Event event;
    event.timestamp = Event::Time{-1ms};

    EXPECT_EQ(to_json(event).find("timestamp")->as_string(), "1969-12-31T23:59:59.999Z");
}

class EventsTest : public ::testing::Test {
protected:
    Event make(std::string_view payload, std::string_view service = "Orders", std::string_view name = "created") {
        EventOptions options;
        options.check_duplicates = true;
        return events.make(service, name, text(payload), std::move(options));
    }
    void pass(Clock::duration time) {
        now.steady += time;
        now.utc += std::chrono::duration_cast<std::chrono::milliseconds>(time);
    }

    Events::Instant now{Clock::time_point{} + 1h, noon};
    Events events{{"malla", "node-a", "box"},
                  [](const Event&) { return Result<void>{}; },
                  Events::Limits{60s, 3},
                  [this] { return now; }};
};

TEST_F(EventsTest, AnEventSaysWhereItComesFrom) {
    EventOptions options;
    options.labels = {{"group", "eu"}};
    options.metadata = text(R"({"node":"mine","weight":3})");

    const Event event = events.make("Orders", "orders.created", text(R"({"id":7})"), options);

    EXPECT_EQ(event.service, "Orders");
    EXPECT_EQ(event.event_class, "orders.created");
    EXPECT_EQ(event.timestamp, noon);
    EXPECT_EQ(event.first_timestamp, noon);
    EXPECT_EQ(event.count, 1U);
    EXPECT_EQ(event.hash, "");
    EXPECT_EQ(event.labels, options.labels);
    EXPECT_EQ(event.metadata, text(R"({"cluster":"malla","node":"mine","host":"box","service":"Orders","weight":3})"));
    EXPECT_EQ(events.remembered(), 0U);
}

TEST_F(EventsTest, WhatIsNotComparedIsAlwaysNew) {
    EXPECT_NE(events.make("Orders", "created", 1).uid, events.make("Orders", "created", 1).uid);
}

TEST_F(EventsTest, ADuplicateHasTheUidOfTheFirstAndIsCounted) {
    const Event first = make(R"({"a":1,"b":[2,{"c":3,"d":4}]})");
    pass(1s);
    const Event second = make(R"({"b":[2,{"d":4,"c":3}],"a":1})");
    pass(1s);
    const Event third = make(R"({"a":1,"b":[2,{"c":3,"d":4}]})");

    EXPECT_EQ(first.count, 1U);
    EXPECT_THAT(first.hash, MatchesRegex("[0-9a-f]{16}"));
    EXPECT_EQ(second.uid, first.uid);
    EXPECT_EQ(second.hash, first.hash);
    EXPECT_EQ(second.first_timestamp, first.timestamp);
    EXPECT_EQ(second.timestamp, noon + 1s);
    EXPECT_EQ(second.count, 2U);
    EXPECT_EQ(third.count, 3U);
}

TEST_F(EventsTest, AnotherServiceClassOrPayloadIsNoDuplicate) {
    const std::set<std::string> uids{make("1").uid, make("2").uid, make("1", "Other").uid};
    EXPECT_EQ(uids.size(), 3U);
    EXPECT_FALSE(uids.contains(make("1", "Orders", "deleted").uid));
    EXPECT_NE(make("[1,2]").hash, make("[2,1]").hash);
}

TEST_F(EventsTest, AKindIsForgottenOneWindowAfterItsLastEvent) {
    const Event first = make("1");
    pass(59s);
    EXPECT_EQ(make("1").uid, first.uid);
    pass(60s - 1ns);
    EXPECT_EQ(make("1").count, 3U);
    pass(60s);

    const Event later = make("1");

    EXPECT_NE(later.uid, first.uid);
    EXPECT_EQ(later.count, 1U);
    EXPECT_EQ(later.first_timestamp, later.timestamp);
}

TEST_F(EventsTest, SweepingForgetsWhatIsOver) {
    (void)make("1");
    pass(30s);
    (void)make("2");
    EXPECT_EQ(events.remembered(), 2U);
    pass(30s);
    events.sweep();
    EXPECT_EQ(events.remembered(), 1U);
}

TEST_F(EventsTest, AtItsLimitTheKindThatIsQuietForTheLongestTimeIsForgotten) {
    const Event first = make("1");
    const Event second = make("2");
    (void)make("3");
    (void)make("1");
    (void)make("4"); // takes the place of 2

    EXPECT_EQ(events.remembered(), 3U);
    EXPECT_EQ(make("1").uid, first.uid);
    EXPECT_NE(make("2").uid, second.uid);
}

TEST_F(EventsTest, ManyThreadsCountEachDuplicateOnce) {
    std::mutex mutex;
    std::vector<std::uint64_t> counts;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                const auto count = make("1").count;
                const std::lock_guard lock{mutex};
                counts.push_back(count);
            }
        });
    for (auto& thread : threads) thread.join();

    std::ranges::sort(counts);
    for (std::uint64_t i = 0; i < counts.size(); ++i) ASSERT_EQ(counts[i], i + 1);
}

// ---- through a chain

struct Place : Callback<"place(id)", std::string(int)> {};
struct OrdersApi : Api<"Orders", Place> {};

/// Hides what events say of people, drops what is a test, and refuses what nobody may know.
struct Discretion : Plugin {
    using Callbacks = malla::Callbacks<HandleEvent>;

    Flow<HandleEvent> on(HandleEvent, const Event& event) {
        if (event.event_class == "orders.test") return std::nullopt;
        if (event.event_class == "orders.secret") return Status{"forbidden"};
        if (event.event_class == "orders.broken") throw std::runtime_error{"broken"};
        if (!event.payload.find("customer")) return cont;
        Event changed = event;
        changed.payload.set("customer", "someone");
        return cont_with(std::move(changed));
    }
};

struct Orders : Service<OrdersApi> {
    using Plugins = malla::Plugins<Discretion>;

    std::string on(Place, int id) {
        const auto event = emit("orders.created", Json::object({{"id", id}, {"customer", "Ada"}}));
        return event && *event ? (*event)->uid : std::string{};
    }
};

class EventsThroughAChain : public ::testing::Test {
protected:
    EventsThroughAChain() {
        ServiceHost host;
        host.events = events;
        value_or_throw(live.control().start(std::move(host)));
    }
    ~EventsThroughAChain() override { live.control().stop(); }

    std::vector<Event> published;
    Result<void> answer;
    std::shared_ptr<Events> events =
        std::make_shared<Events>(Events::Source{"malla", "node-a", "box"}, [this](const Event& event) {
            published.push_back(event);
            return answer;
        });
    LiveService<Orders> live;
};

TEST_F(EventsThroughAChain, AHandlerTellsWhatHappenedAndAPluginChangesIt) {
    const auto uid = live.call<Place>(7);

    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].uid, uid);
    EXPECT_EQ(published[0].service, "Orders");
    EXPECT_EQ(published[0].event_class, "orders.created");
    EXPECT_EQ(published[0].payload, text(R"({"id":7,"customer":"someone"})"));
}

TEST_F(EventsThroughAChain, WhatAPluginDropsIsNotPublished) {
    const auto dropped = emit(live, "orders.test", 1);

    ASSERT_TRUE(dropped);
    EXPECT_FALSE(*dropped);
    EXPECT_THAT(published, IsEmpty());
}

TEST_F(EventsThroughAChain, WhatAPluginRefusesOrBreaksIsToldToWhoeverMadeTheEvent) {
    EXPECT_EQ(emit(live, "orders.secret", 1).error().id(), "forbidden");
    EXPECT_EQ(emit(live, "orders.broken", 1).error().id(), "internal_error");
    EXPECT_THAT(published, IsEmpty());
}

TEST_F(EventsThroughAChain, ThatCannotBePublishedIsAnError) {
    answer = Status{"endpoint_unreachable", "tcp://127.0.0.1:1"};

    EXPECT_EQ(emit(live, "orders.created", 1).error().id(), "endpoint_unreachable");
}

TEST_F(EventsThroughAChain, PausedServicesTellOfThemselvesToo) {
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::pause));

    EXPECT_TRUE(emit(live, "orders.created", 1));
    EXPECT_EQ(published.size(), 1U);
}

TEST_F(EventsThroughAChain, OutsideOfAHandlerOneHasToNameTheService) {
    EXPECT_EQ(emit("orders.created", 1).error().id(), "not_allowed");
    LiveService<Orders> alone;
    EXPECT_THAT(emit(alone, "orders.created", 1).error().info(), HasSubstr("no node hosts Orders"));
}

} // namespace
} // namespace malla
