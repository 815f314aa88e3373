// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"
#include "malla/service/authorize.hpp"
#include "malla/service/status_api.hpp"
#include "node/nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;
using ::testing::HasSubstr;
using ::testing::Not;

std::string everything(const Status& status) {
    std::string text = status.text();
    for (const auto* fields : {&status.data(), &status.metadata()})
        for (const auto& [key, value] : *fields) text += ", " + key + "=" + value;
    return text;
}

struct Order : Callback<"order(dish)", int(std::string)> {};
struct DinerApi : Api<"Diner", Order> {};

/// Speaks of dishes, signs what it says, and does not let itself be operated.
struct Manners : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus, StatusMetadata, AuthorizeAdmin>;

    Flow<MakeStatus> on(MakeStatus, const Reason& reason) {
        if (reason.id != "sold_out") return cont;
        return Status{"sold_out"}
            .set_code(409)
            .set_info("No " + reason.argument + " left")
            .set_data("dish", reason.argument);
    }
    Result<Status::Fields> on(StatusMetadata, Next<StatusMetadata> next, const Status& status) {
        auto fields = next(status);
        if (fields) fields->insert_or_assign("signed", std::string{current_service()});
        return fields;
    }
    Flow<AuthorizeAdmin> on(AuthorizeAdmin, const AdminOperation& operation) {
        if (operation.call && operation.call->caller_name == "owner") return answer;
        if (operation.name == "is_ready") return cont;
        return Status{"forbidden"}.set_info("not " + std::string{operation.name});
    }
};

struct Diner : Service<DinerApi> {
    using Plugins = malla::Plugins<Manners>;

    Result<int> on(Order, std::string dish) {
        if (dish == "knife") throw std::runtime_error{"the cook was stabbed"};
        return malla::status("sold_out", dish);
    }
};

class RemoteStatusTest : public ::testing::Test {
protected:
    Node server{alone("server")};
    Node client{joined_to(server, "client")};
};

TEST_F(RemoteStatusTest, AStatusOfAPluginArrivesWhole) {
    server.start<Diner>();

    const auto result = Remote<DinerApi>{client}.try_call<Order>("soup");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), Status{"sold_out"}
                                  .set_code(409)
                                  .set_info("No soup left")
                                  .set_data("dish", "soup")
                                  .set_metadata("signed", "Diner"));
    EXPECT_EQ(server.call("Diner", "order", R"(["soup"])").error(), result.error());
}

TEST_F(RemoteStatusTest, WhatTheHandlerNeverSawIsSignedToo) {
    server.start<Diner>();

    const auto result = client.call("Diner", "order", "[7]");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), 400);
    EXPECT_EQ(result.error().metadata().at("signed"), "Diner");
}

TEST_F(RemoteStatusTest, TheTextOfAnExceptionNeverLeaves) {
    static std::string line;
    const LogSink before = set_log_sink([](LogLevel, std::string_view text) noexcept { line = text; });
    server.start<Diner>();

    const auto result = Remote<DinerApi>{client}.try_call<Order>("knife");

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "internal_error");
    EXPECT_THAT(everything(result.error()), Not(HasSubstr("stabbed")));
    EXPECT_THAT(line, HasSubstr("reference " + result.error().data().at("reference") + ": the cook was stabbed"));
    set_log_sink(before);
}

TEST_F(RemoteStatusTest, AServiceRefusesToBeOperatedAndRefusesAtOnce) {
    auto& diner = server.start<Diner>();
    Remote<admin::Api> operate{client};
    CallOptions options = within(60s);
    options.on = "server";

    const auto began = Clock::now();
    const auto paused = operate.try_call<admin::SetStatus>(options, "Diner", AdminStatus::pause, "because");
    const auto removed = operate.try_call<admin::RemovePlugin>(options, "Diner", "Manners");

    EXPECT_LT(Clock::now() - began, 30s);
    EXPECT_EQ(paused.error().text(), "forbidden (403): not set_status");
    EXPECT_EQ(removed.error().text(), "forbidden (403): not remove_plugin");
    EXPECT_EQ(paused.error().outcome(), Outcome::answered);
    EXPECT_EQ(diner.running_status(), RunningStatus::running);
    EXPECT_TRUE(*operate.try_call<admin::IsReady>(options, "Diner"));
    EXPECT_TRUE(diner.control().remove_plugin("Manners")) << "its own program is not asked";
}

TEST_F(RemoteStatusTest, WhoMayOperateIsDecidedByTheCaller) {
    auto& diner = server.start<Diner>();
    Node owner{joined_to(server, "owner")};
    CallOptions options = within(60s);
    options.on = "server";

    ASSERT_TRUE(Remote<admin::Api>{owner}.try_call<admin::SetStatus>(options, "Diner", AdminStatus::pause, "night"));
    EXPECT_EQ(diner.running_status(), RunningStatus::paused);
}

TEST_F(RemoteStatusTest, AFileThatIsNoPluginIsAnsweredAtOnce) {
    server.start<Diner>();
    Node owner{joined_to(server, "owner")};
    CallOptions options = within(60s);
    options.on = "server";

    const auto began = Clock::now();
    const auto added = Remote<admin::Api>{owner}.try_call<admin::AddPlugin>(options, "Diner", "/nowhere/x.so");

    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().id(), "manifest_invalid");
    EXPECT_EQ(added.error().exit_code(), ExitCode::usage);
    EXPECT_LT(Clock::now() - began, 30s);
}

struct Deliver : Callback<"deliver()", void()> {};
struct DeliveryApi : Api<"Delivery", Deliver> {};

/// Needs a service that nobody has.
struct Delivery : Service<DeliveryApi> {
    Delivery(Node& node, std::shared_ptr<std::atomic<int>> runs) : diner{node}, begun{std::move(runs)} {}

    Result<void> on(Deliver) {
        ++*begun;
        CallOptions options;
        options.no_wait = true;
        auto dish = diner.try_call<Order>(options, "soup");
        if (!dish) return std::move(dish).error();
        return {};
    }

    Remote<DinerApi> diner;
    std::shared_ptr<std::atomic<int>> begun;
};

TEST_F(RemoteStatusTest, AHandlerWhoseOwnCallDidNotRunHasRunItself) {
    auto begun = std::make_shared<std::atomic<int>>(0);
    server.start(Delivery{server, begun});

    const auto result = Remote<DeliveryApi>{client}.try_call<Deliver>(within(60s));

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "service_not_available");
    EXPECT_EQ(result.error().outcome(), Outcome::answered);
    EXPECT_EQ(*begun, 1);
}

} // namespace
} // namespace malla
