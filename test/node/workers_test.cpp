// SPDX-License-Identifier: Apache-2.0
#include "malla/node/workers.hpp"

#include "malla/service/service_core.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <utility>

namespace malla {
namespace {

using namespace std::chrono_literals;

/// Has no work of its own.
class Quiet final : public WorkSource {
public:
    Work* next() override { return nullptr; }
    void wait() override {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return interrupted_; });
    }
    void interrupt() noexcept override {
        const std::lock_guard lock{mutex_};
        interrupted_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool interrupted_ = false;
};

class Piece final : public Work {
public:
    explicit Piece(std::function<void()> body) : body_{std::move(body)} {}
    void run() noexcept override { body_(); }

private:
    std::function<void()> body_;
};

/// Gives one piece very often, then two others.
class Busy final : public WorkSource {
public:
    Busy(Work& often, Work& then, Work& last) : often_{often}, then_{then}, last_{last} {}
    Work* next() override {
        if (given_ < 100'000) return ++given_, &often_;
        if (given_ == 100'000) return ++given_, &then_;
        if (given_ == 100'001) return ++given_, &last_;
        return nullptr;
    }
    void wait() override { rest_.wait(); }
    void interrupt() noexcept override { rest_.interrupt(); }

private:
    Work& often_;
    Work& then_;
    Work& last_;
    int given_ = 0; // whoever leads
    Quiet rest_;
};

TEST(Workers, APieceThatDoesNotEndIsNoticedBehindManyThatDo) {
    std::promise<void> ran;
    std::promise<bool> waited;
    Piece often{[] {}};
    Piece stays{[&] { waited.set_value(ran.get_future().wait_for(60s) == std::future_status::ready); }};
    Piece last{[&] { ran.set_value(); }};
    Busy source{often, stays, last};
    Workers workers{source, {200us, 4, 16}};
    workers.start();

    EXPECT_TRUE(waited.get_future().get());
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

TEST(Workers, AThreadThatIsAboutToWaitHandsOverWhatItWouldDoNext) {
    Quiet source;
    Workers workers{source, {200us, 4, 16}};
    workers.start();
    std::promise<void> ran;
    std::promise<bool> waited;
    Piece next{[&] { ran.set_value(); }};
    ServiceCore service{"Any", Version{}, true};
    Piece first{[&] {
        const Frame frame{service, nullptr, nullptr};
        workers.post_after_this(next);
        const BlockingScope blocking;
        waited.set_value(ran.get_future().wait_for(60s) == std::future_status::ready);
    }};
    ASSERT_TRUE(workers.post(first));
    EXPECT_TRUE(waited.get_future().get());
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

} // namespace
} // namespace malla
