// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace malla {
namespace {

using ::testing::ElementsAre;

struct Compute : Callback<"compute(x, y)", int(int, int)> {};
struct Greet : Callback<"greet(name)", std::string(const std::string&)> {
    static std::string default_answer() { return "nobody is here"; }
};
struct Note : Callback<"note(text)", void(const std::string&)> {};
struct Take : Callback<"take(value)", int(std::unique_ptr<int>)> {};
struct TestApi : Api<"Test", Compute, Greet, Note, Take> {};

struct Adds : Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    Flow<Compute> on(Compute, int x, int y) {
        if (x < 0) return cont;
        return x + y;
    }
};

struct Watches : Plugin {
    using Callbacks = malla::Callbacks<Compute, Note>;
    Cont on(Compute, int x, int y) {
        seen.push_back(x);
        seen.push_back(y);
        return cont;
    }
    Cont on(Note, const std::string& text) {
        notes += text;
        return cont;
    }
    std::vector<int> seen;
    std::string notes;
};

struct Doubles : Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    Flow<Compute> on(Compute, int x, int y) { return cont_with(2 * x, y); }
};

struct Wraps : Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    Result<int> on(Compute, Next<Compute> next, int x, int y) {
        auto below = next(x, y + 100);
        if (!below) return below;
        return *below + 1000;
    }
};

struct Refuses : Plugin {
    using Callbacks = malla::Callbacks<Compute, Note>;
    Flow<Compute> on(Compute, int x, int) {
        if (x == 13) return Status{"forbidden"};
        return cont;
    }
    Flow<Note> on(Note, const std::string& text) {
        if (text.empty()) return Status{"field_missing", "text"};
        return answer;
    }
};

template <class... P>
struct With : Service<TestApi> {
    using Plugins = malla::Plugins<P...>;
};

TEST(Chain, TheFirstAnswerStopsIt) {
    Chain<With<Adds>> chain;
    EXPECT_EQ(*chain.call<Compute>(1, 2), 3);
}

TEST(Chain, AnObserverSeesWhatPassesAndChangesNothing) {
    Chain<With<Watches, Adds>> chain;
    EXPECT_EQ(*chain.call<Compute>(1, 2), 3);
    EXPECT_THAT(chain.plugin<Watches>().seen, ElementsAre(1, 2));
}

TEST(Chain, ChangedArgumentsReachAllBelow) {
    Chain<With<Doubles, Watches, Adds>> chain;
    EXPECT_EQ(*chain.call<Compute>(5, 1), 11);
    EXPECT_THAT(chain.plugin<Watches>().seen, ElementsAre(10, 1));
}

TEST(Chain, AWrapperHasTheRestOfTheChainInItsHand) {
    Chain<With<Wraps, Doubles, Adds>> chain;
    EXPECT_EQ(*chain.call<Compute>(5, 1), 10 + 101 + 1000);
}

TEST(Chain, AStatusAnswersToo) {
    Chain<With<Wraps, Refuses, Adds>> chain;
    const auto result = chain.call<Compute>(13, 0);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "forbidden");
}

TEST(Chain, UnansweredItGivesTheDefaultOrNotImplemented) {
    Chain<With<Adds>> chain;
    EXPECT_EQ(chain.call<Compute>(-1, 2).error().id(), "not_implemented");
    EXPECT_NE(chain.call<Compute>(-1, 2).error().info().find("compute"), std::string::npos);
    EXPECT_EQ(*chain.call<Greet>("you"), "nobody is here");
    EXPECT_EQ(chain.call<Note>("x").error().id(), "not_implemented");
}

TEST(Chain, ACallbackWithoutResultIsAnsweredToo) {
    Chain<With<Watches, Refuses>> chain;
    EXPECT_TRUE(chain.call<Note>("one"));
    EXPECT_EQ(chain.call<Note>("").error().id(), "field_missing");
    EXPECT_EQ(chain.plugin<Watches>().notes, "one");
}

TEST(Chain, AnExceptionPassesThrough) {
    struct Throws : Service<TestApi> {
        int on(Compute, int, int) { throw std::runtime_error{"no"}; }
    };
    Chain<Throws> chain;
    EXPECT_THROW((void)chain.call<Compute>(1, 2), std::runtime_error);
}

struct ServiceOnTop : Service<TestApi> {
    using Plugins = malla::Plugins<Adds>;
    Flow<Compute> on(Compute, int x, int y) {
        if (x == 7) return 77;
        return cont_with(x, y + 1);
    }
    std::string on(Greet, const std::string& name) { return "hello " + name; }
};

TEST(Chain, TheServiceIsTheTopPlugin) {
    Chain<ServiceOnTop> chain;
    EXPECT_EQ(*chain.call<Compute>(7, 0), 77);
    EXPECT_EQ(*chain.call<Compute>(1, 1), 3);
    EXPECT_EQ(*chain.call<Greet>("you"), "hello you");
}

TEST(Chain, TellsWhoTakesPartAndHow) {
    using C = Chain<With<Watches, Doubles, Wraps, Adds>>;
    constexpr auto links = C::links<Compute>();
    ASSERT_EQ(links.size(), 4u);
    EXPECT_TRUE(links[0].plugin.ends_with("Watches"));
    EXPECT_EQ(links[0].part, Part::observes);
    EXPECT_EQ(links[2].part, Part::wraps);
    EXPECT_EQ(C::links<Take>().size(), 0u);
}

} // namespace
} // namespace malla
