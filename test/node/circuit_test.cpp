// SPDX-License-Identifier: Apache-2.0
#include "malla/node/circuit.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;

Clock::time_point at(Clock::duration time) { return Clock::time_point{1000s + time}; }

void answer(Circuit& circuit, int busy, int otherwise, Clock::time_point now) {
    for (int i = 0; i < otherwise; ++i) circuit.answered(false, now);
    for (int i = 0; i < busy; ++i) circuit.answered(true, now);
}

Circuit open_circuit() {
    Circuit circuit;
    answer(circuit, 10, 0, at(0s));
    return circuit;
}

TEST(Circuit, OpensAfterFiveConnectionsThatFailInARow) {
    Circuit circuit;
    for (int i = 0; i < 4; ++i) circuit.connection_failed(at(0s));
    circuit.answered(false, at(0s));
    for (int i = 0; i < 4; ++i) circuit.connection_failed(at(1s));
    EXPECT_FALSE(circuit.is_open());

    circuit.connection_failed(at(1s));

    EXPECT_TRUE(circuit.is_open());
}

TEST(Circuit, OpensWhenMoreThanHalfOfTheAnswersAreBusy) {
    Circuit circuit;
    answer(circuit, 10, 10, at(0s));
    EXPECT_FALSE(circuit.is_open());

    circuit.answered(true, at(0s));

    EXPECT_TRUE(circuit.is_open());
}

TEST(Circuit, DoesNotJudgeByAFewAnswers) {
    Circuit circuit;
    answer(circuit, 9, 0, at(0s));
    EXPECT_FALSE(circuit.is_open());

    circuit.answered(true, at(0s));

    EXPECT_TRUE(circuit.is_open());
}

TEST(Circuit, ForgetsAnswersAfterFiveSeconds) {
    Circuit circuit;
    answer(circuit, 9, 0, at(0s));
    circuit.answered(true, at(5s));
    EXPECT_FALSE(circuit.is_open());
    EXPECT_FALSE(circuit.is_unused(at(9s)));
    EXPECT_TRUE(circuit.is_unused(at(10s)));

    Circuit within;
    answer(within, 9, 0, at(0s));
    within.answered(true, at(4s));
    EXPECT_TRUE(within.is_open());
}

TEST(Circuit, LetsOneCallThroughEachSecondWhileItIsOpen) {
    Circuit circuit = open_circuit();

    EXPECT_FALSE(circuit.let_through(at(1s - 1ns)));
    EXPECT_TRUE(circuit.let_through(at(1s)));
    EXPECT_FALSE(circuit.let_through(at(2s - 1ns)));
    EXPECT_TRUE(circuit.let_through(at(2s)));
}

TEST(Circuit, ClosesByAProbeThatIsAnsweredAndNotByEarlierCalls) {
    Circuit circuit = open_circuit();
    circuit.answered(false, at(500ms)); // sent before
    EXPECT_TRUE(circuit.is_open());
    ASSERT_TRUE(circuit.let_through(at(1s)));
    circuit.answered(true, at(1s));
    EXPECT_TRUE(circuit.is_open());
    ASSERT_TRUE(circuit.let_through(at(2s)));

    circuit.answered(false, at(2s));

    EXPECT_FALSE(circuit.is_open());
    EXPECT_TRUE(circuit.is_unused(at(2s)));
    EXPECT_TRUE(circuit.let_through(at(2s)));
}

TEST(Circuit, StaysOpenWhenTheConnectionOfTheProbeFails) {
    Circuit circuit = open_circuit();
    ASSERT_TRUE(circuit.let_through(at(1s)));
    circuit.connection_failed(at(1500ms));
    circuit.answered(false, at(1600ms));

    EXPECT_TRUE(circuit.is_open());
    EXPECT_FALSE(circuit.let_through(at(2400ms)));
    EXPECT_TRUE(circuit.let_through(at(2500ms)));
}

class FourInstances : public ::testing::Test {
protected:
    void make_busy(std::size_t which, std::string_view service = "Shop") {
        for (int i = 0; i < 10; ++i) circuits.answered(all[which].node, service, true, at(0s));
    }
    std::vector<bool> ejected(std::string_view service = "Shop") {
        circuits.mark(all, service);
        std::vector<bool> marks;
        for (const auto& each : all) marks.push_back(each.ejected);
        return marks;
    }

    Circuits circuits;
    std::vector<Instance> all{{NodeId::random(), "a", {}},
                              {NodeId::random(), "b", {}},
                              {NodeId::random(), "c", {}},
                              {NodeId::random(), "d", {}}};
};

TEST_F(FourInstances, OnlyTheServiceThatIsBusyIsEjected) {
    make_busy(1);

    EXPECT_EQ(ejected(), (std::vector{false, true, false, false}));
    EXPECT_EQ(ejected("Kitchen"), (std::vector{false, false, false, false}));
}

TEST_F(FourInstances, EveryServiceOfANodeThatCannotBeReachedIsEjected) {
    for (int i = 0; i < 5; ++i) circuits.connection_failed(all[2].node, at(0s));

    EXPECT_EQ(ejected("Shop"), (std::vector{false, false, true, false}));
    EXPECT_EQ(ejected("Kitchen"), (std::vector{false, false, true, false}));
}

TEST_F(FourInstances, AreEjectedByHalfAtMost) {
    for (std::size_t i = 1; i < 4; ++i) make_busy(i);
    EXPECT_EQ(ejected(), (std::vector{false, true, true, false}));

    all.resize(1);
    make_busy(0);
    EXPECT_EQ(ejected(), (std::vector{false}));
}

TEST_F(FourInstances, AnAnswerOfAnyServiceShowsThatTheConnectionWorks) {
    for (int i = 0; i < 4; ++i) circuits.connection_failed(all[0].node, at(0s));
    circuits.answered(all[0].node, "Kitchen", false, at(0s));
    circuits.connection_failed(all[0].node, at(0s));

    EXPECT_EQ(ejected(), (std::vector{false, false, false, false}));
}

TEST_F(FourInstances, OneThatIsEjectedGetsAProbeAndComesBack) {
    make_busy(1);
    EXPECT_FALSE(circuits.let_through(all[1].node, "Shop", at(500ms)));
    EXPECT_TRUE(circuits.let_through(all[0].node, "Shop", at(500ms)));
    ASSERT_TRUE(circuits.let_through(all[1].node, "Shop", at(1s)));

    circuits.answered(all[1].node, "Shop", false, at(1s));

    EXPECT_EQ(ejected(), (std::vector{false, false, false, false}));
}

TEST_F(FourInstances, OneThatIsGoneIsForgotten) {
    make_busy(1);
    circuits.forget(all[1].node);

    EXPECT_EQ(ejected(), (std::vector{false, false, false, false}));
}

} // namespace
} // namespace malla
