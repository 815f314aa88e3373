// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/link_choice.hpp"

#include <gmock/gmock.h>

namespace malla::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LinkChoiceTest : public ::testing::Test {
protected:
    std::set<std::string> choose() { return choice.choose(now); }
    void answer(std::initializer_list<const char*> endpoints) {
        for (const auto* endpoint : endpoints) choice.up(endpoint), choice.complete(endpoint);
    }

    Clock::time_point now{1h};
    LinkChoice choice{{"me"}, {1s, 5s}};
};

TEST_F(LinkChoiceTest, TheFirstThreeInTheOrderOfAllAreLinkedTo) {
    choice.name(0, {"e", "c", "me", "a", "b", "d", "a"});

    EXPECT_THAT(choose(), ElementsAre("a", "b", "c"));
    answer({"a", "b", "c"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c"));
}

TEST_F(LinkChoiceTest, WhoDoesNotAnswerIsPassedOverAndTriedAgainLater) {
    choice.name(0, {"a", "b", "c", "d"});
    choose();
    answer({"b", "c"});
    now += 999ms;
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c"));
    now += 1ms;
    EXPECT_THAT(choose(), ElementsAre("b", "c", "d"));
    answer({"d"});
    EXPECT_THAT(choose(), ElementsAre("b", "c", "d"));

    now += 5s;
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c", "d")) << "nobody gives way before it answers";
    answer({"a"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c"));
}

TEST_F(LinkChoiceTest, OneWhoRefusesMakesRoomAtOnce) {
    choice.name(0, {"a", "b", "c", "d"});
    choose();
    choice.pass_over("b", now);
    EXPECT_THAT(choose(), ElementsAre("a", "c", "d"));
}

TEST_F(LinkChoiceTest, OfThousandsThatAreGoneFewAreTriedAtOnce) {
    std::vector<std::string> many;
    for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(10'000 + i));
    choice.name(0, many);
    for (int round = 0; round < 500; ++round) {
        EXPECT_LE(choose().size(), 2 * LinkChoice::wanted);
        now += 1s;
    }
}

TEST_F(LinkChoiceTest, EachFinderHasPlacesOfItsOwn) {
    choice.name(0, {"a", "b", "c", "d"});
    choice.name(1, {"d", "e"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(LinkChoiceTest, WhoIsNoLongerNamedStaysWhileThereAreNotEnoughOthers) {
    choice.name(0, {"x"});
    choose();
    answer({"x"});
    choice.name(0, {"a", "b", "c"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c", "x"));
    answer({"a", "b"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c", "x"));
    answer({"c"});
    EXPECT_THAT(choose(), ElementsAre("a", "b", "c"));
}

TEST_F(LinkChoiceTest, WhoIsNoLongerNamedAndEndsIsForgotten) {
    choice.name(0, {"a", "b"});
    choose();
    answer({"a", "b"});
    choice.name(0, {"b"});
    choice.down("a", now);
    EXPECT_THAT(choose(), ElementsAre("b"));
}

TEST_F(LinkChoiceTest, ALinkThatBrokeIsKeptUntilSomebodyElseHasToldAll) {
    choice.name(0, {"a", "b"});
    choose();
    answer({"a"});
    choice.pass_over("b", now);
    choice.down("a", now);
    now += 10s;
    EXPECT_THAT(choose(), ElementsAre("a", "b"));
    choice.up("b");
    EXPECT_THAT(choose(), ElementsAre("a", "b")) << "b has not told yet";
    choice.complete("b");
    EXPECT_THAT(choose(), ElementsAre("b"));
}

TEST_F(LinkChoiceTest, ItselfUnderAnotherNameIsNeverTriedAgain) {
    choice.name(0, {"a"});
    choose();
    choice.is_own("a");
    EXPECT_THAT(choose(), IsEmpty());
    choice.name(0, {"a"});
    now += 1h;
    EXPECT_THAT(choose(), IsEmpty());
    EXPECT_TRUE(choice.is_settled(0));
    EXPECT_FALSE(choice.is_unanswered(0));
}

TEST_F(LinkChoiceTest, IsSettledWhenNobodyIsAboutToAnswer) {
    EXPECT_FALSE(choice.is_settled(0)) << "it has named nobody yet";
    choice.name(0, {"a", "b"});
    choose();
    EXPECT_FALSE(choice.is_settled(0));
    choice.pass_over("b", now);
    choice.up("a");
    choose();
    EXPECT_FALSE(choice.is_settled(0)) << "a has not told all";
    EXPECT_TRUE(choice.any_up());
    choice.complete("a");
    EXPECT_TRUE(choice.is_settled(0));
    EXPECT_FALSE(choice.is_unanswered(0));
    choice.down("a", now);
    EXPECT_FALSE(choice.any_up());
    EXPECT_TRUE(choice.is_unanswered(0));
}

} // namespace
} // namespace malla::discovery
