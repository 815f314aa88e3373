// SPDX-License-Identifier: Apache-2.0
// What a plugin has beside its callbacks, as docs/guide-life.md shows it: children, and what it keeps and publishes.
#include "malla/service/live_service.hpp"

#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

namespace malla {
namespace guide_test { // a published type needs a name of its own

using namespace std::chrono_literals;

struct Order : Callback<"order(dish)", std::string(std::string)> {};
struct DinerApi : Api<"Diner", Order> {};

/// Cooks, cleans and keeps the oven burning beside the calls.
struct Kitchen : Plugin {
    Children start(const Starting&) {
        return {.children = {Child::process("oven", {"sleep", "infinity"}),
                             Child::thread("cook", [this](const std::stop_token& stop) { cook(stop); }),
                             Child::periodic("clean", 1min, [this] { ++cleaned; })},
                .strategy = Strategy::rest_for_one,
                .max_restarts = 5,
                .window = 10s};
    }

    void cook(const std::stop_token& stop) {
        std::unique_lock lock{mutex};
        changed.wait(lock, stop, [] { return false; });
    }

    std::mutex mutex;
    std::condition_variable_any changed;
    std::atomic<int> cleaned = 0;
};

/// Where dishes can be looked up.
struct Menu {
    std::string of_the_day;
};

/// Publishes the menu for as long as it is there.
struct Host : Plugin {
    Result<void> start(const Starting& starting) {
        const Json opened = starting.node_store.get("diners", "opened", 0);
        if (auto noted = starting.node_store.put("diners", "opened", opened.as_integer() + 1); !noted) return noted;
        auto published = starting.registry.register_name("menu", std::make_shared<Menu>(Menu{"soup"}));
        if (!published) return std::move(published).error();
        menu_ = *std::move(published);
        return {};
    }
    void stop() { menu_.release(); }

private:
    Registration menu_;
};

/// Counts what is ordered, and knows the menu.
struct Waiter : Plugin {
    using Depends = malla::Depends<Host>;
    using Callbacks = malla::Callbacks<Order>;

    void start(const Starting& starting) {
        storage_ = &starting.storage;
        menu_ = starting.registry.lookup<Menu>("menu");
    }
    Result<std::string> on(Order, std::string dish) {
        const auto one_more = [](const Json& count) -> Result<Json> {
            return count.is_null() ? 1 : count.as_integer() + 1;
        };
        const auto count = storage_->update("ordered " + dish, one_more);
        if (!count) return count.error();
        return dish + (menu_->of_the_day == dish ? " of the day" : "") + " no. " + *count->dump();
    }

private:
    Store* storage_ = nullptr;
    std::shared_ptr<const Menu> menu_;
};

struct Diner : Service<DinerApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<Waiter, Kitchen>;
};

class GuideTest : public ::testing::Test {
protected:
    GuideTest() {
        ServiceHost host;
        host.node_store = &of_the_node;
        EXPECT_TRUE(live.control().start(std::move(host), start_options<Diner>));
    }
    ~GuideTest() override { live.control().stop(); }

    ChildState child(std::string_view name) {
        for (const auto& [plugin, child] : live.control().children())
            if (child.name == name) return child;
        return {};
    }

    ConfigStore of_the_node;
    LiveService<Diner> live;
};

TEST_F(GuideTest, ChildrenOfEveryKindRunUntilTheirPluginStops) {
    ASSERT_TRUE(test::eventually([&] { return live.plugin<Kitchen>().cleaned == 1; }));
    const int oven = child("oven").pid;
    ASSERT_GT(oven, 0);
    EXPECT_TRUE(child("cook").running);
    EXPECT_TRUE(child("clean").running);

    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::inactive));

    EXPECT_THAT(live.control().children(), testing::IsEmpty());
    EXPECT_EQ(kill(oven, 0), -1) << "the oven still burns";
}

TEST_F(GuideTest, AProcessThatIsKilledIsStartedAgainWithThoseBehindIt) {
    ASSERT_TRUE(test::eventually([&] { return live.plugin<Kitchen>().cleaned == 1; }));
    const int oven = child("oven").pid;

    ASSERT_EQ(kill(oven, SIGKILL), 0);

    ASSERT_TRUE(test::eventually([&] { return live.plugin<Kitchen>().cleaned == 2; }));
    ASSERT_TRUE(test::eventually([&] { return child("oven").restarts == 1; }));
    EXPECT_NE(child("oven").pid, oven);
    EXPECT_EQ(live.running_status(), RunningStatus::running);
}

TEST_F(GuideTest, WhatPluginsKeepOutlivesAStopAndWhatTheyPublishComesAgain) {
    EXPECT_EQ(live.call<Order>("soup"), "soup of the day no. 1");
    EXPECT_EQ(live.call<Order>("tea"), "tea no. 1");

    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::inactive));
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::active));

    EXPECT_EQ(live.call<Order>("soup"), "soup of the day no. 2");
    EXPECT_EQ(of_the_node.get("diners", "opened"), 2);
}

} // namespace guide_test
} // namespace malla
