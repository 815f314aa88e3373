// SPDX-License-Identifier: Apache-2.0
#include "malla/node/admin_api.hpp"
#include "malla/node/observations.hpp"
#include "malla/node/remote.hpp"
#include "malla/node/tap.hpp"
#include "malla/service/authorize.hpp"
#include "malla/service/trace.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

struct Greet : Callback<"greet(name)", std::string(std::string)> {};
struct HallApi : Api<"Hall", Greet> {};

struct Polite : Plugin {
    using Callbacks = malla::Callbacks<Greet>;
    Result<std::string> on(Greet, Next<Greet> next, std::string name) {
        auto greeting = next(std::move(name));
        if (!greeting) return greeting;
        return *greeting + ", please";
    }
};
struct Doorkeeper : Plugin {
    using Callbacks = malla::Callbacks<AuthorizeAdmin>;
    Flow<AuthorizeAdmin> on(AuthorizeAdmin, const AdminOperation& operation) {
        return Status{"forbidden"}.set_info(std::string{operation.name});
    }
};

template <class... P>
struct HallWith : Service<HallApi> {
    static constexpr bool concurrent = true;
    using Plugins = malla::Plugins<P...>;
    Result<std::string> on(Greet, Next<Greet> next, std::string name) {
        if (name.empty()) return Status{"parameter_missing", "name"};
        const Span span{"think"};
        auto greeting = next(name);
        return greeting ? *greeting : "hello " + name;
    }
};

NodeOptions alone(std::string name) {
    NodeOptions options;
    options.name = std::move(name);
    options.loopback.clear();
    return options;
}
NodeOptions caller_of(const Node& other) {
    NodeOptions options = alone("caller");
    options.peers = {other.endpoint()};
    options.hosts = false;
    return options;
}
CallOptions on(const Node& node) {
    CallOptions options;
    options.on = node.id().text();
    return options;
}

class Observing : public ::testing::Test {
protected:
    Observing() { EXPECT_TRUE(caller.wait_for("Hall", Deadline::in(10s))); }

    [[nodiscard]] std::vector<std::string> plugins() {
        std::vector<std::string> names;
        for (const auto& each : admin.call<admin::GetPlugins>(on(host), "Hall")) names.push_back(each.name);
        return names;
    }
    void greet(const std::string& name) { (void)hall.try_call<Greet>(name); }

    Node host{alone("host")};
    LiveService<HallWith<>>& live = host.start<HallWith<>>();
    Node caller{caller_of(host)};
    Remote<admin::Api> admin{caller};
    Remote<HallApi> hall{caller};
};

TEST_F(Observing, ShowsTheCallsThatPassAndLeavesNothingBehind) {
    {
        auto calls = admin.stream<admin::TapCalls>(on(host), "Hall", "", "one");
        ASSERT_TRUE(*calls.next()) << "it has begun";
        EXPECT_THAT(plugins(), Contains("malla::Tap"));
        greet("anna");
        greet("");
        std::vector<admin::TappedCall> seen;
        while (seen.size() < 2) {
            auto value = calls.next();
            ASSERT_TRUE(value && *value);
            for (auto& each : (*value)->calls) seen.push_back(std::move(each));
        }
        EXPECT_EQ(seen[0].callback, "greet");
        EXPECT_EQ(seen[0].caller, "caller");
        EXPECT_EQ(seen[0].arguments, Json::array({"anna"}));
        EXPECT_EQ(seen[0].result, Json{"hello anna"});
        EXPECT_EQ(seen[0].status, "ok");
        EXPECT_EQ(seen[1].status, "parameter_missing");
    }
    EXPECT_TRUE(test::eventually([&] { return std::ranges::count(plugins(), "malla::Tap") == 0; }));
    EXPECT_EQ(live.control().changed_chain(), nullptr);
}

TEST_F(Observing, EndsWithItsLeaseUnlessThatIsRenewed) {
    const auto began = Clock::now();
    auto kept = admin.stream<admin::TapCalls>(on(host), "Hall", "", "kept");
    auto left = admin.stream<admin::TapCalls>(on(host), "Hall", "", "left");
    const auto goes_on = [&](auto& stream) {
        admin.call<admin::Renew>(on(host), "kept");
        const auto value = stream.next();
        return value && *value;
    };
    while (goes_on(left)) EXPECT_TRUE(goes_on(kept));
    EXPECT_GE(Clock::now() - began, Observation::lease_limit);
    EXPECT_TRUE(test::eventually([&] { return std::ranges::count(plugins(), "malla::Tap") == 1; }));
    EXPECT_TRUE(goes_on(kept));
}

TEST_F(Observing, MeasuresEachLinkOnce) {
    host.offer<Polite>();
    ASSERT_TRUE(live.control().add_plugin("Polite"));
    {
        auto times = admin.stream<admin::MeasureLinks>(on(host), "Hall", "greet", "one");
        ASSERT_EQ((**times.next()).size(), 2U);
        greet("anna");
        greet("ben");
        const auto has_both = [&] {
            auto value = times.next();
            return value && *value && (**value)[0].calls == 2;
        };
        EXPECT_TRUE(test::eventually(has_both));
        const auto links = **times.next();
        EXPECT_EQ(links[1].calls, 2U);
        EXPECT_GT(links[0].own_ns, 0);
        EXPECT_GE(links[0].own_ns, links[0].longest_ns);
    }
    EXPECT_EQ(hall.call<Greet>("carl"), "hello carl");
}

TEST_F(Observing, RefusesWhatIsNotThere) {
    EXPECT_EQ(admin.stream<admin::MeasureLinks>(on(host), "Hall", "shout", "x").next().error().id(),
              "request_op_unknown");
    EXPECT_EQ(admin.stream<admin::TapCalls>(on(host), "Tower", "", "x").next().error().id(), "service_not_found");
}

TEST_F(Observing, DoesNotKeepItsNodeFromEnding) {
    auto calls = admin.stream<admin::TapCalls>(on(host), "Hall", "", "one");
    ASSERT_TRUE(*calls.next());
    const auto began = Clock::now();
    host.stop();
    EXPECT_LT(Clock::now() - began, NodeOptions{}.drain_limit);
}

TEST(ObservingAGuardedService, IsForThoseWhoMayOperateIt) {
    Node host{alone("host")};
    host.start<HallWith<Doorkeeper>>();
    Node caller{caller_of(host)};
    ASSERT_TRUE(caller.wait_for("Hall", Deadline::in(10s)));
    Remote<admin::Api> admin{caller};

    const auto tapped = admin.stream<admin::TapCalls>(on(host), "Hall", "", "x").next();
    ASSERT_FALSE(tapped);
    EXPECT_EQ(tapped.error().info(), "tap");
    const auto measured = admin.stream<admin::MeasureLinks>(on(host), "Hall", "greet", "x").next();
    ASSERT_FALSE(measured);
    EXPECT_EQ(measured.error().info(), "measure_links");
}

TEST_F(Observing, TellsTheSpansOfATracedCallAndOfNoOther) {
    const TraceContext trace = TraceContext::new_told_trace();
    std::mutex mutex;
    std::vector<std::string> names;
    const auto subscription = *caller.subscribe("malla.trace.>", [&](const Published& event) {
        const std::lock_guard lock{mutex};
        names.push_back(event.topic + " " + event.value.find("payload")->find("name")->as_string());
    });
    ASSERT_TRUE(subscription.wait_listening(Deadline::in(10s)));

    greet("nobody listens");
    {
        const std::string traceparent = trace.traceparent();
        const Span span{"root", {}, {trace::SpanKind::client, nullptr, traceparent}};
        greet("anna");
    }
    const auto size = [&] {
        const std::lock_guard lock{mutex};
        return names.size();
    };
    ASSERT_TRUE(test::eventually([&] { return size() >= 2; }));
    const std::lock_guard lock{mutex};
    EXPECT_THAT(names, ElementsAre(trace.told_topic() + " think", trace.told_topic() + " request-in"));
}

} // namespace
} // namespace malla
