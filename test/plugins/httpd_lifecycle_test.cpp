// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd_lifecycle/httpd_lifecycle.hpp"

#include "http_client.hpp"
#include "malla/base/log.hpp"
#include "malla/service/authorize.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace malla {
namespace {

using namespace std::chrono_literals;
using namespace malla::plugins;
using namespace malla::test;
using ::testing::HasSubstr;

std::atomic<bool> lets_drain = true;
std::atomic<bool> lets_operate = true;
std::atomic<bool> is_ready = true;
std::atomic<bool> can_start = true;
std::atomic<int> undrained = 0; ///< times that the service is not drained yet
std::atomic<bool> call_ends = true;
std::atomic<int> calls_inside = 0;

struct Says : Plugin {
    using Depends = malla::Depends<Optional<HttpdLifecycle>>;
    using Callbacks = malla::Callbacks<HttpdLifecycleDrain, AuthorizeAdmin>;

    bool on(HttpdLifecycleDrain) { return lets_drain; }
    Flow<AuthorizeAdmin> on(AuthorizeAdmin, const AdminOperation& operation) {
        if (operation.name == "stop_node" && !lets_operate) return Status{"forbidden"};
        return cont;
    }
};

struct FrontApi : Api<"Front"> {};
struct Front : Service<FrontApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<Says, HttpdLifecycle>;
};

struct Work : Callback<"work()", int()> {};
struct BackApi : Api<"Back", Work> {};
struct Back : Service<BackApi> {
    static constexpr bool silent = true;
    Result<void> start(const Starting&) { return can_start ? Result<void>{} : Status{"conflict"}; }
    bool ready() { return is_ready; }
    bool drain() { return undrained-- <= 0; }
    int on(Work) {
        ++calls_inside;
        call_ends.wait(false);
        --calls_inside;
        return 1;
    }
};

struct HttpdLifecycleTest : ::testing::Test {
    ~HttpdLifecycleTest() override {
        lets_drain = lets_operate = is_ready = can_start = call_ends = true;
        undrained = 0;
        set_log_sink(before);
    }

    [[nodiscard]] std::string get(const std::string& path) { return test::get(port, path); }
    [[nodiscard]] std::string post(const std::string& path) {
        const auto answer = client(port).Post(path);
        return answer ? std::to_string(answer->status) + ' ' + answer->body : httplib::to_string(answer.error());
    }

    static Json config() {
        return *Json::parse(R"({"httpd": {"port": 0}, "httpd_lifecycle": {"tries": 3, "pause": "1ms"}})");
    }

    LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    NodeOptions options = [] {
        auto made = alone();
        made.name = "anna";
        return made;
    }();
    Node node{options};
    LiveService<Back>& back = node.start<Back>();
    LiveService<Front>& front = node.start<Front>({}, config());
    std::uint16_t port = port_of(front.plugin<Httpd>());
};

TEST_F(HttpdLifecycleTest, TellsTheNameOfTheNode) {
    EXPECT_EQ(get("/node"), "200 anna");
    EXPECT_EQ(get("/nodes"), "404 Not found");
    EXPECT_EQ(post("/node"), "405 Method not allowed: 'POST'");
    EXPECT_EQ(client(port).Delete("/stop")->status, 405);
    EXPECT_EQ(client(port).Head("/is_live")->status, 200);
}

TEST_F(HttpdLifecycleTest, TheNodeIsLiveUnlessAServiceFailed) {
    EXPECT_EQ(get("/is_live"), "200 live");
    ASSERT_TRUE(back.control().set_admin_status(AdminStatus::inactive));
    EXPECT_EQ(get("/is_live"), "200 live");
    can_start = false;
    EXPECT_FALSE(back.control().set_admin_status(AdminStatus::active));
    EXPECT_EQ(get("/is_live"), "500 Service Back is not live");
    EXPECT_EQ(get("/is_ready"), "500 Service Back is not ready");
}

TEST_F(HttpdLifecycleTest, TheNodeIsReadyWhenAllItsServicesAre) {
    EXPECT_EQ(get("/is_ready"), "200 ready");
    is_ready = false;
    EXPECT_EQ(get("/is_ready"), "500 Service Back is not ready");
    EXPECT_EQ(get("/is_live"), "200 live");
    is_ready = true;
    ASSERT_TRUE(front.control().set_admin_status(AdminStatus::pause));
    EXPECT_EQ(get("/is_ready"), "500 Service Front is not ready");
}

TEST_F(HttpdLifecycleTest, AnswersWhileAServiceIsBusy) {
    call_ends = false;
    std::thread caller{[&] { EXPECT_EQ(back.call<Work>(), 1); }};
    EXPECT_TRUE(eventually([] { return calls_inside == 1; }));
    EXPECT_EQ(get("/is_live"), "200 live");
    EXPECT_EQ(get("/is_ready"), "500 Service Back is not ready") << "its plugins cannot be asked";
    call_ends = true;
    call_ends.notify_all();
    caller.join();
    EXPECT_EQ(get("/is_ready"), "200 ready");
}

TEST_F(HttpdLifecycleTest, StopEndsTheNodeWhenAllIsDrained) {
    undrained = 2;
    auto running = std::async(std::launch::async, [&] { return node.run(); });
    EXPECT_EQ(post("/stop"), "200 stopping");
    EXPECT_EQ(running.get(), 0);
    EXPECT_LT(undrained, 0);
    EXPECT_EQ(back.running_status(), RunningStatus::stopped);
    EXPECT_FALSE(RawClient{port}.connected());
}

TEST_F(HttpdLifecycleTest, StopWorksByGetAndBeforeAnybodyWaitsForIt) {
    EXPECT_EQ(get("/stop"), "200 stopping");
    EXPECT_EQ(get("/stop"), "409 Node anna is about to end already");
    EXPECT_EQ(get("/is_ready"), "500 Node anna is draining");
    CallOptions soon;
    soon.deadline = Deadline::in(50ms);
    EXPECT_EQ(node.call("Back", "work", "[]", soon).error().id(), "draining");
    EXPECT_EQ(node.run(), 0);
}

TEST_F(HttpdLifecycleTest, StopGivesUpAfterItsTriesAndTheNodeGoesOn) {
    undrained = 3;
    EXPECT_EQ(post("/stop"), "500 Node anna is not drained");
    EXPECT_EQ(undrained, 0) << "asked as often as configured";
    EXPECT_EQ(get("/is_ready"), "200 ready");
    EXPECT_EQ(*node.call("Back", "work", "[]"), "1");
    EXPECT_EQ(post("/stop"), "200 stopping");
}

TEST_F(HttpdLifecycleTest, StopWaitsForTheCallsInside) {
    ASSERT_TRUE(front.control().reconfigure(*Json::parse(R"({"httpd_lifecycle": {"tries": 100000}})")));
    call_ends = false;
    std::thread caller{[&] { EXPECT_EQ(back.call<Work>(), 1); }};
    EXPECT_TRUE(eventually([] { return calls_inside == 1; }));
    auto stopped = std::async(std::launch::async, [&] { return post("/stop"); });
    EXPECT_TRUE(eventually([&] { return get("/is_ready") == "500 Node anna is draining"; }));
    EXPECT_EQ(post("/stop"), "409 Node anna is about to end already");
    EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
    call_ends = true;
    call_ends.notify_all();
    caller.join();
    EXPECT_EQ(stopped.get(), "200 stopping");
}

TEST_F(HttpdLifecycleTest, APluginMayKeepTheNodeFromEnding) {
    lets_drain = false;
    EXPECT_EQ(post("/stop"), "500 Node anna is not drained");
    lets_drain = true;
    lets_operate = false;
    EXPECT_EQ(post("/stop"), "403 Forbidden");
    EXPECT_EQ(get("/is_ready"), "200 ready");
}

TEST_F(HttpdLifecycleTest, ASignalDoesNotWaitForAStopThatIsNotDrained) {
    ASSERT_TRUE(front.control().reconfigure(*Json::parse(R"({"httpd_lifecycle": {"pause": "10m"}})")));
    undrained = 1;
    auto stopping = std::async(std::launch::async, [&] { return post("/stop"); });
    EXPECT_TRUE(eventually([&] { return undrained == 0; }));
    node.stop();
    EXPECT_EQ(stopping.get(), "500 Node anna is not drained");
}

TEST_F(HttpdLifecycleTest, RefusesAWrongConfiguration) {
    const auto refusal = [&](std::string_view settings) {
        const auto changed = front.control().reconfigure(Json::object({{"httpd_lifecycle", *Json::parse(settings)}}));
        return changed ? "taken" : changed.error().info();
    };
    EXPECT_THAT(refusal("1"), HasSubstr("httpd_lifecycle: expected an object"));
    EXPECT_EQ(refusal(R"({"tries": 0})"), "httpd_lifecycle.tries: expected a number from 1 on");
    EXPECT_THAT(refusal(R"({"tries": "1"})"), HasSubstr("httpd_lifecycle.tries: expected"));
    EXPECT_EQ(refusal(R"({"pause": "long"})"), "httpd_lifecycle.pause: expected a time such as \"1s\"");
    EXPECT_THAT(refusal(R"({"pause": 1})"), HasSubstr("httpd_lifecycle.pause: expected"));
    EXPECT_THAT(refusal(R"({"try": 1})"), HasSubstr("httpd_lifecycle.try"));
    EXPECT_EQ(refusal(R"({"tries": 1, "pause": "0s"})"), "taken");
}

TEST(HttpdLifecycle, NeedsANode) {
    const LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    LiveService<Front> front;
    ServiceHost host;
    ASSERT_TRUE(host.config.set(ConfigLayer::start, *Json::parse(R"({"httpd": []})")));
    EXPECT_EQ(front.control().start(std::move(host)).error().id(), "not_allowed");
    set_log_sink(before);
}

TEST(HttpdLifecycle, AsksTenTimesASecondApartUnlessToldOtherwise) {
    EXPECT_EQ(HttpdLifecycle::default_config(), *Json::parse(R"({"httpd_lifecycle": {"tries": 10, "pause": "1s"}})"));
}

} // namespace
} // namespace malla
