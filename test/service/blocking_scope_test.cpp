// SPDX-License-Identifier: Apache-2.0
#include "malla/service/context.hpp"
#include "malla/service/live_service.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

struct Ask : Callback<"ask()", int()> {};
struct AnyApi : Api<"Any", Ask> {};
struct Any : Service<AnyApi> {
    int on(Ask) { return 1; }
};

class BlockingScopeTest : public ::testing::Test {
protected:
    /// Held by this thread alone, as before it waited.
    static void expect_held(Gate& gate) {
        EXPECT_FALSE(gate.try_enter());
        gate.leave();
        EXPECT_TRUE(gate.try_enter());
    }

    LiveService<Any> service;
    Gate first;
    Gate second;
};

TEST_F(BlockingScopeTest, GivesAGateUpOnceThoughARequestAndItsHandlerAreInIt) {
    ASSERT_TRUE(first.try_enter());
    const Frame request{service, &first, nullptr};
    const Frame handler{service, &first, nullptr};

    { const BlockingScope wait; }

    expect_held(first);
}

TEST_F(BlockingScopeTest, InsideAnotherGivesUpOnlyWhatWasEnteredSince) {
    ASSERT_TRUE(first.try_enter());
    const Frame outer{service, &first, nullptr};
    {
        const BlockingScope wait_to_enter;
        ASSERT_TRUE(second.try_enter());
        {
            const Frame inner{service, &second, nullptr};
            { const BlockingScope wait; }
            expect_held(second);
        }
        second.leave();
    }

    expect_held(first);
}

TEST_F(BlockingScopeTest, LetsOthersOfItsTreeIntoEachServiceOnItsWay) {
    ASSERT_TRUE(first.try_enter());
    ASSERT_TRUE(second.try_enter());
    const Frame outer{service, &first, nullptr};
    const Frame inner{service, &second, nullptr};
    {
        const BlockingScope wait;
        for (Gate* gate : {&first, &second}) {
            EXPECT_EQ(gate->enter_waiting(current_root(), Deadline{Clock::now()}), Gate::Entry::entered);
            gate->leave();
        }
    }

    expect_held(first);
    expect_held(second);
}

} // namespace
} // namespace malla
