// SPDX-License-Identifier: Apache-2.0
#include "malla/node/await.hpp"

#include "malla/node/remote.hpp"
#include "node/nodes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;

struct Greet : Callback<"greet(name)", std::string(std::string)> {};
struct HallApi : Api<"Hall", Greet> {};

struct Hall : Service<HallApi> {
    static constexpr bool concurrent = true;

    Result<std::string> on(Greet, std::string name) {
        open->wait();
        if (name.empty()) return Status{"parameter_invalid", "name"};
        return "hello " + name;
    }

    std::shared_ptr<std::latch> open = std::make_shared<std::latch>(0);
};

/// A coroutine that begins at once, and that nobody waits for.
struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

class Coroutine : public ::testing::Test {
public:
    Task greet(std::string name) {
        const auto run = [this](std::function<void()> work) {
            ++waits;
            threads.emplace_back(std::move(work));
        };
        const auto result = co_await await(Remote<HallApi>{node}.async<Greet>(name), run);
        said = result ? *result : std::string{result.error().id()};
        ended.count_down();
    }

    Hall hall;
    Node node{alone()};
    std::atomic<int> waits = 0;
    std::string said;
    std::latch ended{1};
    std::vector<std::jthread> threads;
};

TEST_F(Coroutine, GoesOnWithTheResultWhereItWasWaitedFor) {
    hall.open = std::make_shared<std::latch>(1);
    node.start(hall);
    greet("anna");
    EXPECT_EQ(waits, 1);
    EXPECT_FALSE(ended.try_wait());

    hall.open->count_down();
    ended.wait();

    EXPECT_EQ(said, "hello anna");
}

TEST_F(Coroutine, GetsTheStatusOfACallThatFails) {
    node.start(hall);
    greet("");
    ended.wait();

    EXPECT_EQ(said, "parameter_invalid");
}

TEST_F(Coroutine, TakesAResultThatIsThereWithoutWaiting) {
    node.start(hall);
    auto future = Remote<HallApi>{node}.async<Greet>("ben");
    ASSERT_TRUE(future.wait_until(Deadline::in(60s)));
    [](Coroutine& test, Future<std::string> there) -> Task {
        const auto result = co_await await(std::move(there), [](auto&&) { FAIL() << "it waits"; });
        test.said = *result;
        test.ended.count_down();
    }(*this, std::move(future));

    EXPECT_TRUE(ended.try_wait());
    EXPECT_EQ(said, "hello ben");
}

} // namespace
} // namespace malla
