// SPDX-License-Identifier: Apache-2.0
#include "malla/node/caller.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Not;

/// Knows one instance from the beginning and the other when the whole mesh is heard; neither can
/// be reached.
class TwoInstances final : public CallWays {
public:
    std::vector<Instance> instances(const Request&) override {
        if (heard) return {{NodeId::random(), "having", "tcp://127.0.0.1:9", true}};
        return {{NodeId::random(), "lacking", "tcp://127.0.0.1:9", false}};
    }
    Result<std::shared_ptr<Channel>> channel(const Instance& instance) override {
        asked.push_back(instance.node_name);
        return Status{"endpoint_unreachable", instance.endpoint};
    }
    void wait_for_change(std::uint64_t, Deadline) override {}
    std::uint64_t directory_version() override { return 1; }
    Status why_unavailable(const Request& request) override { return {"service_not_available", request.service}; }
    bool declared_idempotent(std::string_view, std::string_view) override { return false; }
    void wait_for_mesh(Deadline) override { heard = can_be_heard; }
    NodeId id() const override { return id_; }
    std::string_view name() const override { return "caller"; }
    std::uint64_t next_call_number() override { return ++number_; }
    Clock::duration timeout() const override { return 20ms; }

    bool can_be_heard = true;
    bool heard = false;
    std::vector<std::string> asked;

private:
    NodeId id_ = NodeId::random();
    std::uint64_t number_ = 0;
};

Request request() {
    Request request;
    request.service = "Text";
    request.callback = "upper";
    return request;
}

TEST(CallState, HearsTheWholeMeshBeforeItAsksAnInstanceThatLacksTheCallback) {
    TwoInstances ways;
    CallState call{ways, request()};
    call.begin();
    EXPECT_TRUE(ways.asked.empty());

    EXPECT_TRUE(call.wait(Deadline::in(10s)));
    EXPECT_THAT(ways.asked, Contains("having"));
    EXPECT_THAT(ways.asked, Not(Contains("lacking")));
    EXPECT_EQ(call.outcome().error().id(), "endpoint_unreachable");
}

TEST(CallState, AsksAnInstanceThatLacksTheCallbackWhenThereIsNoOther) {
    TwoInstances ways;
    ways.can_be_heard = false;
    CallState call{ways, request()};
    call.begin();

    EXPECT_TRUE(call.wait(Deadline::in(10s)));
    EXPECT_THAT(ways.asked, Contains("lacking"));
}

} // namespace
} // namespace malla
