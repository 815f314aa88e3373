// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/service/live_service.hpp"
#include "malla/service/plugin_type.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace malla {
namespace {

struct Numbers : Callback<"numbers(from, to)", Stream<int>(int, int)> {};
struct Broken : Callback<"broken(how)", Stream<int>(std::string)> {};
struct Inside : Callback<"inside()", bool()> {};
struct CounterApi : Api<"Counter", Numbers, Broken, Inside> {};

struct Counting : Plugin {
    using Callbacks = malla::Callbacks<Numbers, Broken, Inside>;

    Stream<int> on(Numbers, int from, int to) {
        return [from, to, alive = alive]() mutable -> std::optional<int> {
            EXPECT_EQ(current_service(), "Counter");
            if (from > to) return std::nullopt;
            return from++;
        };
    }
    Result<Stream<int>> on(Broken, std::string how) {
        if (how == "at once") return Status{"not_found"};
        return Stream<int>{[how, count = 0]() mutable -> Result<std::optional<int>> {
            if (count++ < 2) return count;
            if (how == "not run") return Status{"busy"};
            throw std::runtime_error{"secret"};
        }};
    }
    bool on(Inside) { return true; }

    std::shared_ptr<int> alive = std::make_shared<int>(0); ///< shared by its streams
};

/// Doubles what the others give.
struct Doubling : Plugin {
    using Callbacks = malla::Callbacks<Numbers>;

    Result<Stream<int>> on(Numbers, Next<Numbers> next, int from, int to) {
        auto stream = next(from, to);
        if (!stream) return stream;
        return Stream<int>{[this, inner = *std::move(stream)]() mutable -> Result<std::optional<int>> {
            auto value = inner.next();
            if (value && *value) *value = **value * *factor;
            return value;
        }};
    }

    std::unique_ptr<int> factor = std::make_unique<int>(2);
};

/// Serial: whoever asks whether somebody is inside enters for that.
struct Counter : Service<CounterApi> {
    using Plugins = malla::Plugins<Counting>;
};

struct DoubledCounter : Service<CounterApi> {
    using Plugins = malla::Plugins<Doubling, Counting>;
};

template <class T>
std::vector<T> all(Stream<T> stream) {
    std::vector<T> values;
    for (const T& value : stream) values.push_back(value);
    return values;
}

class ServiceStream : public ::testing::Test {
protected:
    ServiceStream() {
        before_ = set_log_sink([](LogLevel, std::string_view) noexcept {});
        EXPECT_TRUE(counter.control().start({}));
    }
    ~ServiceStream() override {
        counter.control().stop();
        set_log_sink(before_);
    }

    LiveService<Counter> counter;

private:
    LogSink before_;
};

TEST_F(ServiceStream, GivesItsValuesInOrderAndThenNothing) {
    EXPECT_EQ(all(counter.call<Numbers>(1, 4)), (std::vector{1, 2, 3, 4}));

    auto none = counter.call<Numbers>(1, 0);
    EXPECT_EQ(*none.next(), std::nullopt);
    EXPECT_EQ(*none.next(), std::nullopt);
}

TEST_F(ServiceStream, LetsOthersIntoASerialServiceBetweenTwoValues) {
    auto stream = counter.call<Numbers>(1, 2);
    EXPECT_EQ(**stream.next(), 1);

    EXPECT_TRUE(counter.call<Inside>());
    EXPECT_EQ(**stream.next(), 2);
}

TEST_F(ServiceStream, ThatIsStoppedEarlyDestroysItsFunction) {
    const auto before = counter.plugin<Counting>().alive.use_count();
    {
        auto stream = counter.call<Numbers>(1, 1'000'000);
        EXPECT_EQ(**stream.next(), 1);
        EXPECT_EQ(counter.plugin<Counting>().alive.use_count(), before + 1);
    }
    EXPECT_EQ(counter.plugin<Counting>().alive.use_count(), before);
}

TEST_F(ServiceStream, ThatCannotBeginGivesTheStatus) {
    EXPECT_EQ(counter.try_call<Broken>("at once").error().id(), "not_found");
}

TEST_F(ServiceStream, WhoseHandlerThrowsMidwayEndsWithAStatusAfterTheValues) {
    auto stream = counter.call<Broken>("throw");
    EXPECT_EQ(**stream.next(), 1);
    EXPECT_EQ(**stream.next(), 2);

    const auto end = stream.next();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().id(), "internal_error");
    EXPECT_EQ(end.error().text().find("secret"), std::string::npos);
    EXPECT_EQ(*stream.next(), std::nullopt);
    EXPECT_THROW(all(counter.call<Broken>("throw")), Error);
}

TEST_F(ServiceStream, ThatHasBegunNeverSaysThatItDidNotRun) {
    auto stream = counter.call<Broken>("not run");
    EXPECT_TRUE(stream.next());
    EXPECT_TRUE(stream.next());

    EXPECT_EQ(stream.next().error().outcome(), Outcome::answered);
}

TEST_F(ServiceStream, EndsWhenItsServiceTakesNoMoreCalls) {
    auto stream = counter.call<Numbers>(1, 9);
    EXPECT_EQ(**stream.next(), 1);

    ASSERT_TRUE(counter.control().set_admin_status(AdminStatus::pause, "test"));
    const auto end = stream.next();

    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().id(), "paused");
    EXPECT_EQ(end.error().outcome(), Outcome::answered);
}

TEST(ServiceStreamOfAChain, IsChangedByThePluginThatWrapsIt) {
    LiveService<DoubledCounter> counter;
    ASSERT_TRUE(counter.control().start({}));

    EXPECT_EQ(all(counter.call<Numbers>(1, 3)), (std::vector{2, 4, 6}));
    counter.control().stop();
}

TEST_F(ServiceStream, EndsWhenAPluginOfItsChainHasLeft) {
    const OfferedPlugin offer{&plugin_type<Doubling>, nullptr};
    ASSERT_TRUE(counter.control().add_plugin("Doubling", {&offer, 1}));
    auto stream = counter.call<Numbers>(1, 9);
    EXPECT_EQ(**stream.next(), 2);

    ASSERT_TRUE(counter.control().remove_plugin("Doubling"));

    EXPECT_EQ(stream.next().error().id(), "gone");
    EXPECT_EQ(all(counter.call<Numbers>(1, 3)), (std::vector{1, 2, 3}));
}

TEST_F(ServiceStream, GoesOnWhenAPluginJoinsItsChain) {
    const OfferedPlugin offer{&plugin_type<Doubling>, nullptr};
    auto stream = counter.call<Numbers>(1, 9);
    EXPECT_EQ(**stream.next(), 1);

    ASSERT_TRUE(counter.control().add_plugin("Doubling", {&offer, 1}));

    EXPECT_EQ(**stream.next(), 2);
}

} // namespace
} // namespace malla
