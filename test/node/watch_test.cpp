// SPDX-License-Identifier: Apache-2.0
#include "malla/node/watch.hpp"

#include "malla/node/node.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using malla::test::eventually;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const MeshChange& change) {
    return change.node_name + '/' + change.service + ' ' + std::string{change.status_text()};
}

// ---- what differs

class MeshDiffTest : public ::testing::Test {
protected:
    static NodeView node(std::uint8_t number, bool stale = false) {
        NodeView view;
        view.id = id(number);
        view.name = "n" + std::to_string(number);
        view.stale = stale;
        return view;
    }
    static InstanceView instance(std::uint8_t number, std::string service,
                                 RunningStatus status = RunningStatus::running) {
        InstanceView view;
        view.service = std::move(service);
        view.version = "1.0.0";
        view.status = status;
        view.node = id(number);
        view.node_name = "n" + std::to_string(number);
        return view;
    }
    static NodeId id(std::uint8_t number) {
        NodeId::Bytes bytes{};
        bytes[0] = number;
        return NodeId{bytes};
    }
    std::vector<std::string> update(const std::vector<NodeView>& nodes, const std::vector<InstanceView>& instances) {
        std::vector<std::string> texts;
        for (const auto& change : diff.update(nodes, instances)) texts.push_back(text_of(change));
        return texts;
    }

    MeshDiff diff;
};

TEST_F(MeshDiffTest, ANodeComesBeforeItsServicesAndGoesAfterThem) {
    EXPECT_THAT(update({node(1), node(2)}, {instance(1, "A"), instance(1, "B"), instance(2, "A")}),
                ElementsAre("n1/ running", "n1/A running", "n1/B running", "n2/ running", "n2/A running"));
    EXPECT_THAT(update({node(2)}, {instance(2, "A")}), ElementsAre("n1/B gone", "n1/A gone", "n1/ gone"));
}

TEST_F(MeshDiffTest, NothingIsToldTwice) {
    (void)update({node(1)}, {instance(1, "A")});
    EXPECT_THAT(update({node(1)}, {instance(1, "A")}), IsEmpty());
}

TEST_F(MeshDiffTest, ChangesOfStatusAndVersionAreToldAndLoadIsNot) {
    (void)update({node(1)}, {instance(1, "A")});
    EXPECT_THAT(update({node(1)}, {instance(1, "A", RunningStatus::paused)}), ElementsAre("n1/A paused"));
    auto newer = instance(1, "A", RunningStatus::paused);
    newer.version = "2.0.0";
    EXPECT_THAT(update({node(1)}, {newer}), ElementsAre("n1/A paused"));
    newer.load = 7;
    EXPECT_THAT(update({node(1)}, {newer}), IsEmpty());
    newer.stale = true;
    EXPECT_THAT(update({node(1, true)}, {newer}), ElementsAre("n1/ stale", "n1/A stale"));
    EXPECT_THAT(update({node(1)}, {}), ElementsAre("n1/A gone", "n1/ running"));
}

// ---- of real nodes

struct Nap : Callback<"nap()", void()> {};
struct SleeperApi : Api<"Sleeper", Nap> {};
struct Sleeper : Service<SleeperApi> {
    using Plugins = malla::Plugins<>;
    void on(Nap) {}
};

class WatchTest : public ::testing::Test {
protected:
    static NodeOptions options(std::string name, std::vector<std::string> peers) {
        NodeOptions options;
        options.name = std::move(name);
        options.loopback.clear();
        options.peers = std::move(peers);
        return options;
    }
    void start() {
        watch.emplace(client.watch([this](const MeshChange& change) {
            const std::lock_guard lock{mutex};
            seen.push_back(text_of(change));
        }));
    }
    bool sees(const std::string& text) {
        return eventually([&] {
            const std::lock_guard lock{mutex};
            return std::ranges::find(seen, text) != seen.end();
        });
    }

    std::mutex mutex;
    std::vector<std::string> seen;
    Node server{options("server", {})};
    Node client{options("client", {server.endpoint()})};
    std::optional<Watch> watch; // ends before its node
};

TEST_F(WatchTest, TellsWhatIsThereAndThenWhatChanges) {
    ASSERT_TRUE(client.wait_for_mesh(Deadline::in(10s)));
    start();
    EXPECT_TRUE(sees("server/ running"));

    auto& live = server.start<Sleeper>();
    EXPECT_TRUE(sees("server/Sleeper running"));
    ASSERT_TRUE(live.control().set_admin_status(AdminStatus::pause));
    EXPECT_TRUE(sees("server/Sleeper paused"));
    server.stop();
    EXPECT_TRUE(sees("server/Sleeper gone"));
    EXPECT_TRUE(sees("server/ gone"));
}

TEST_F(WatchTest, EndsAtOnceAlsoFromItsHandlerAndAfterAnException) {
    start();
    watch.reset();
    std::optional<Watch> own;
    std::promise<void> assigned;
    std::atomic<int> calls = 0;
    std::promise<void> ended;
    own.emplace(client.watch([&, ready = assigned.get_future().share()](const MeshChange&) {
        if (++calls == 1) throw std::runtime_error{"no"};
        ready.wait();
        own.reset();
        ended.set_value();
    }));
    assigned.set_value();
    auto end = ended.get_future();
    server.start<Sleeper>();
    EXPECT_EQ(end.wait_for(10s), std::future_status::ready);
}

} // namespace
} // namespace malla
