// SPDX-License-Identifier: Apache-2.0
// The answers to calls that came together.
#include "malla/node/gathered_answers.hpp"
#include "malla/node/node.hpp"
#include "malla/node/remote.hpp"
#include "node/connection.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::Connection;
using test::eventually;
using test::joined_to;

struct Quick : Callback<"quick()", int()> {};
struct Long : Callback<"long()", int()> {};
struct Asking : Callback<"asking()", int()> {};
struct Failing : Callback<"failing()", int()> {};
struct DeskApi : Api<"Desk", Quick, Long, Asking, Failing> {};

struct Door {
    std::latch open{1};
};

struct ElsewhereApi : Api<"Elsewhere", Long> {};
struct Elsewhere : Service<ElsewhereApi> {
    explicit Elsewhere(std::shared_ptr<Door> opened) : door{std::move(opened)} {}
    int on(Long) {
        door->open.wait();
        return 3;
    }
    std::shared_ptr<Door> door;
};

struct Desk : Service<DeskApi> {
    static constexpr bool concurrent = true;
    Desk(std::shared_ptr<Door> opened, Node& own) : door{std::move(opened)}, node{&own} {}
    int on(Quick) { return 1; }
    int on(Long) {
        door->open.wait();
        return 2;
    }
    int on(Asking) { return Remote<ElsewhereApi>{*node}.call<Long>(); }
    Result<int> on(Failing) { return Status{"busy", "Desk"}; }
    std::shared_ptr<Door> door;
    Node* node;
};

class GatheredAnswersTest : public ::testing::Test {
protected:
    void SetUp() override { node.start(desk); }

    std::shared_ptr<Door> door = std::make_shared<Door>();
    Node node{alone("node")};
    Desk desk{door, node};
    Connection caller{node};
};

TEST_F(GatheredAnswersTest, GoTogetherInTheOrderOfTheCalls) {
    NodeOptions options = alone("patient");
    options.takeover_after = 60s; // one thread runs all, however busy the machine is
    Node patient{options};
    patient.start(Desk{door, patient});
    Connection its_caller{patient};
    its_caller.together([&] {
        for (std::uint64_t id = 1; id <= 5; ++id) its_caller.call("Desk", id, id == 3 ? "failing" : "quick");
    });

    std::map<std::uint64_t, bool> followed;
    for (int i = 0; i < 5; ++i) {
        const auto message = its_caller.receive_message();
        followed[wire::peek_id(message.bytes()).value_or(0)] = message.followed();
    }
    EXPECT_EQ(followed, (std::map<std::uint64_t, bool>{{1, true}, {2, true}, {3, false}, {4, true}, {5, false}}));
}

TEST_F(GatheredAnswersTest, AreAloneWhereTheCallsWere) {
    for (std::uint64_t id = 1; id <= 20; ++id) caller.call("Desk", id, "quick");
    for (int i = 0; i < 20; ++i) ASSERT_FALSE(caller.receive_message().followed());
}

TEST_F(GatheredAnswersTest, DoNotWaitForACallThatTakesLong) {
    caller.together([&] {
        caller.call("Desk", 1, "quick");
        caller.call("Desk", 2, "long");
        caller.call("Desk", 3, "quick");
    });

    EXPECT_EQ(caller.receive(), "1");
    EXPECT_EQ(caller.receive(), "1");
    door->open.count_down();
    EXPECT_EQ(caller.receive(), "2");
}

TEST_F(GatheredAnswersTest, DoNotWaitForACallThatWaitsForAnother) {
    Node other{joined_to(node, "other")};
    other.start(Elsewhere{door});
    ASSERT_TRUE(node.wait_for("Elsewhere", Deadline::in(60s)));
    caller.together([&] {
        caller.call("Desk", 1, "quick");
        caller.call("Desk", 2, "asking");
    });

    EXPECT_EQ(caller.receive(), "1");
    door->open.count_down();
    EXPECT_EQ(caller.receive(), "3");
}

TEST_F(GatheredAnswersTest, GoToThoseWhoCalled) {
    Connection other{node};
    for (int round = 0; round < 100; ++round) {
        const std::uint64_t first = 10 * static_cast<std::uint64_t>(round) + 1;
        std::thread calling{[&] {
            caller.together([&] { caller.call("Desk", first, "quick"), caller.call("Desk", first + 1, "quick"); });
        }};
        other.together([&] { other.call("Desk", first + 2, "quick"), other.call("Desk", first + 3, "quick"); });
        calling.join();
        std::set<std::uint64_t> ids;
        for (Connection* each : {&caller, &caller, &other, &other})
            ids.insert(wire::peek_id(each->receive_message().bytes()).value_or(0) - (each == &other ? 2 : 0));
        ASSERT_EQ(ids, (std::set{first, first + 1}));
    }
}

/// Answers to a DEALER that the test reads.
class KeptAnswers : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(dealer->connect(endpoint));
        ASSERT_TRUE(eventually([&] { return dealer->send(std::string{"hello"}) == transport::Sent::sent; }));
        peer = receive(*router).peer();
    }
    static transport::Message receive(transport::Socket& socket) {
        std::vector<transport::Message> inbox;
        socket.receive(inbox, Deadline::in(60s), 1);
        return inbox.empty() ? transport::Message{} : std::move(inbox[0]);
    }
    /// With + where another came together with it.
    std::string receive() {
        const auto message = receive(*dealer);
        return std::string{message.bytes()} + (message.followed() ? "+" : "");
    }

    std::unique_ptr<transport::Socket> router = *transport::Socket::open(transport::Pattern::router);
    std::unique_ptr<transport::Socket> dealer = *transport::Socket::open(transport::Pattern::dealer);
    std::string endpoint = *router->bind("tcp://127.0.0.1:*");
    transport::Peer peer;
    GatheredAnswers answers{*router};
};

TEST_F(KeptAnswers, AreSentByAnotherThreadButNotByTheOneThatIsAtWork) {
    answers.add(peer, "a", true);
    answers.send_of_others();
    answers.add(peer, "b", true);
    std::thread{[&] { answers.send_of_others(); }}.join();
    answers.add(peer, "c", true);
    answers.send();
    answers.add(peer, "d", false);
    for (const char* expected : {"a+", "b", "c", "d"}) EXPECT_EQ(receive(), expected);
}

TEST_F(KeptAnswers, GoWhenTheyAreManyOrLong) {
    for (int i = 0; i < 64; ++i) answers.add(peer, "x", true);
    for (int i = 0; i < 64; ++i) ASSERT_EQ(receive(), i < 63 ? "x+" : "x");
    const std::string longer(5000, 'y');
    answers.add(peer, longer, true);
    answers.add(peer, longer, true);
    EXPECT_EQ(receive(), longer);
    answers.send();
    EXPECT_EQ(receive(), longer);
}

TEST_F(KeptAnswers, GoToTheirPeer) {
    const auto other = *transport::Socket::open(transport::Pattern::dealer);
    ASSERT_TRUE(other->connect(endpoint));
    ASSERT_TRUE(eventually([&] { return other->send(std::string{"hello"}) == transport::Sent::sent; }));
    const auto other_peer = receive(*router).peer();
    answers.add(peer, "for the one", true);
    answers.add(other_peer, "for the other", false);
    EXPECT_EQ(receive(), "for the one");
    EXPECT_EQ(receive(*other).bytes(), "for the other");
}

TEST(GatheredAnswers, OfANodeThatStopsAreSent) {
    for (int round = 0; round < 30; ++round) {
        const auto door = std::make_shared<Door>();
        Node node{alone("node")};
        Desk desk{door, node};
        node.start(desk);
        Connection caller{node};
        caller.together([&] {
            for (std::uint64_t id = 1; id <= 20; ++id) caller.call("Desk", id, id == 1 ? "long" : "quick");
        });
        ASSERT_EQ(caller.receive(), "1"); // all have come
        std::thread stopping{[&] { node.stop(); }};
        door->open.count_down();

        for (int i = 1; i < 20; ++i) ASSERT_NE(caller.receive(), "nothing") << "round " << round;
        caller.close();
        stopping.join();
    }
}

} // namespace
} // namespace malla
