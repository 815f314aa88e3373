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
    explicit Piece(std::function<void()> body, std::function<void()> instead = {})
        : body_{std::move(body)}, instead_{std::move(instead)} {}
    void run() noexcept override { body_(); }
    bool give_up() noexcept override {
        if (instead_) instead_();
        return instead_ != nullptr;
    }

private:
    std::function<void()> body_;
    std::function<void()> instead_;
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
    Workers workers{source, {200us, 4, 16, 16}};
    workers.start();

    EXPECT_TRUE(waited.get_future().get());
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

TEST(Workers, AThreadThatIsAboutToWaitHandsOverWhatItWouldDoNext) {
    Quiet source;
    Workers workers{source, {200us, 4, 16, 16}};
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

/// Runs until it is let go, then waits for calls until it is let go again.
class Waiting {
public:
    explicit Waiting(WaitFor what = WaitFor::calls) : what_{what} {}

    Work& work() noexcept { return work_; }
    void until_it_runs() { runs_.get_future().wait(); }
    void let_wait() { may_wait_.set_value(); }
    void let_go() { may_go_.set_value(); }

private:
    void run() {
        runs_.set_value();
        may_wait_.get_future().wait();
        const Frame frame{service_, nullptr, nullptr};
        const BlockingScope blocking{what_};
        may_go_.get_future().wait();
    }

    const WaitFor what_;
    ServiceCore service_{"Any", Version{}, true};
    std::promise<void> runs_;
    std::promise<void> may_wait_;
    std::promise<void> may_go_;
    Piece work_{[this] { run(); }};
};

bool comes(std::promise<void>& promise, Clock::duration limit = 60s) {
    return promise.get_future().wait_for(limit) == std::future_status::ready;
}

TEST(Workers, AThreadThatWaitsForCallsLeavesItsPlaceToAnother) {
    Quiet source;
    Workers workers{source, {200us, 2, 16, 16}};
    workers.start();
    Waiting first;
    std::promise<void> ran;
    Piece second{[&] { ran.set_value(); }};
    ASSERT_TRUE(workers.post(first.work()));
    first.until_it_runs();
    ASSERT_TRUE(workers.post(second));
    first.let_wait();

    EXPECT_TRUE(comes(ran));
    first.let_go();
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

TEST(Workers, AThreadThatWaitsForWorkElsewhereKeepsItsPlace) {
    Quiet source;
    Workers workers{source, {200us, 2, 16, 16}};
    workers.start();
    Waiting first{WaitFor::work};
    std::promise<void> ran;
    Piece second{[&] { ran.set_value(); }};
    ASSERT_TRUE(workers.post(first.work()));
    first.until_it_runs();
    ASSERT_TRUE(workers.post(second));
    first.let_wait();

    auto second_ran = ran.get_future();
    EXPECT_EQ(second_ran.wait_for(100ms), std::future_status::timeout);
    first.let_go();
    EXPECT_EQ(second_ran.wait_for(60s), std::future_status::ready);
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

TEST(Workers, WhatIsQueuedGivesUpWhenEveryThreadWaits) {
    Quiet source;
    Workers workers{source, {200us, 2, 1, 16}};
    workers.start();
    Waiting first;
    Waiting second;
    std::promise<void> gave_up;
    Piece third{[] { FAIL() << "there is no thread for it"; }, [&] { gave_up.set_value(); }};
    ASSERT_TRUE(workers.post(first.work()));
    first.until_it_runs();
    ASSERT_TRUE(workers.post(second.work()));
    first.let_wait();
    second.until_it_runs();
    ASSERT_TRUE(workers.post(third));
    second.let_wait();

    EXPECT_TRUE(comes(gave_up));
    Piece fourth{[] { FAIL() << "it was not taken"; }};
    EXPECT_FALSE(workers.post(fourth));
    first.let_go();
    second.let_go();
    EXPECT_EQ(workers.stop(Deadline::in(60s)), 0u);
}

} // namespace
} // namespace malla
