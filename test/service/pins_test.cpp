// SPDX-License-Identifier: Apache-2.0
#include "malla/service/pins.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;

const Deadline passed{Clock::time_point{}};

TEST(Pins, WaitsForCallsThatRun) {
    Pins pins;
    EXPECT_TRUE(pins.wait_for_leavers(passed));
    {
        const Pins::Pin pin{pins};
        EXPECT_FALSE(pins.wait_for_leavers(passed));
        const Pins::Pin inner{pins};
        EXPECT_FALSE(pins.wait_for_leavers(passed));
    }
    EXPECT_TRUE(pins.wait_for_leavers(passed));
}

TEST(Pins, KeepsServicesApart) {
    Pins one;
    Pins other;
    const Pins::Pin pin{one};
    EXPECT_TRUE(other.wait_for_leavers(passed));
}

TEST(Pins, TakesMoreServicesThanItHasNumbers) {
    std::vector<std::unique_ptr<Pins>> many;
    for (int i = 0; i < 200; ++i) many.push_back(std::make_unique<Pins>());
    {
        const Pins::Pin pin{*many.back()};
        EXPECT_FALSE(many.back()->wait_for_leavers(passed));
    }
    EXPECT_TRUE(many.back()->wait_for_leavers(passed));
}

// Callers use what is current; once those that may have seen it have left, nobody does.
TEST(Pins, NobodyUsesWhatWasReplaced) {
    struct Object {
        std::atomic<bool> alive = true;
    };
    Pins pins;
    std::array<Object, 2> objects;
    std::atomic<Object*> current = objects.data();
    std::atomic<bool> done = false;
    std::atomic<std::uint64_t> calls = 0;
    std::atomic<std::uint64_t> failures = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i)
        callers.emplace_back([&] {
            while (!done) {
                {
                    const Pins::Pin pin{pins};
                    const Object* object = current.load(std::memory_order_acquire);
                    for (int again = 0; again < 10; ++again)
                        if (!object->alive.load(std::memory_order_relaxed)) ++failures;
                }
                ++calls;
            }
        });
    for (std::size_t i = 1; i < 400; ++i) {
        const auto before = calls.load();
        while (calls == before) std::this_thread::yield();
        Object& old = *current.load();
        objects[i % 2].alive = true;
        current.store(&objects[i % 2], std::memory_order_release);
        ASSERT_TRUE(pins.wait_for_leavers(Deadline::in(60s)));
        old.alive = false;
    }
    done = true;
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(failures, 0u);
}

TEST(Pins, UsesTheCountsOfThreadsThatEnded) {
    Pins pins;
    for (int i = 0; i < 100; ++i) std::thread{[&] { const Pins::Pin pin{pins}; }}.join();
    EXPECT_TRUE(pins.wait_for_leavers(passed));
}

} // namespace
} // namespace malla
