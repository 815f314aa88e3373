// SPDX-License-Identifier: Apache-2.0
#include "malla/chain/live_chain.hpp"

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
using ::testing::HasSubstr;

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
    using Callbacks = malla::Callbacks<Compute, Note>;
    Flow<Compute> on(Compute, int x, int y) { return cont_with(2 * x, y); }
    Flow<Note> on(Note, const std::string& text) { return cont_with(text + text); }
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

struct Throws : Plugin {
    using Callbacks = malla::Callbacks<Compute>;
    Cont on(Compute, int, int) { throw std::runtime_error{"thrown"}; }
};

struct Unpacks : Plugin {
    using Callbacks = malla::Callbacks<Take>;
    int on(Take, std::unique_ptr<int> value) { return *value; }
};

struct Peeks : Plugin {
    using Callbacks = malla::Callbacks<Greet>;
    Flow<Greet> on(Greet, const std::string& name) {
        if (name.empty()) return cont;
        return "hello " + name;
    }
};

template <class... P>
struct With : Service<TestApi> {
    using Plugins = malla::Plugins<P...>;
};

/// The same plugins, joined by the compiler and joined at run time.
template <class... P>
struct Both {
    Both() {
        std::vector<LiveChain::Member> members;
        (members.push_back({&plugin_info<P>, &chain.template plugin<P>()}), ...);
        const LiveCallback known[]{live_callback<Compute>, live_callback<Greet>, live_callback<Note>,
                                   live_callback<Take>};
        live.emplace_back(*LiveChain::make(members, known));
    }

    /// The answer, after it was seen that both give the same.
    template <class C, class Make>
    Result<ResultOf<C>> call(Make&& make) {
        auto known = make([&](auto&&... a) { return chain.template call<C>(static_cast<decltype(a)>(a)...); });
        auto found = make([&](auto&&... a) { return live[0].template call<C>(static_cast<decltype(a)>(a)...); });
        EXPECT_EQ(known.has_value(), found.has_value());
        if (!known && !found) {
            EXPECT_EQ(known.error().text(), found.error().text());
        }
        if constexpr (!std::is_void_v<ResultOf<C>>) {
            if (known && found) {
                EXPECT_EQ(*known, *found);
            }
        }
        return found;
    }
    Result<int> compute(int x, int y) {
        return call<Compute>([&](auto call) { return call(x, y); });
    }

    Chain<With<P...>> chain;
    std::vector<LiveChain> live;
};

TEST(LiveChain, AnswersAsTheCompiledChainDoes) {
    Both<Watches, Refuses, Doubles, Wraps, Adds> both;
    EXPECT_EQ(*both.compute(1, 2), 1104);
    EXPECT_EQ(both.compute(13, 2).error().id(), "forbidden");
    EXPECT_EQ(both.compute(-1, 2).error().id(), "not_implemented");
    EXPECT_THAT(both.chain.plugin<Watches>().seen, ElementsAre(1, 2, 1, 2, 13, 2, 13, 2, -1, 2, -1, 2));
}

TEST(LiveChain, MeasuresItsLinksWithoutAChangeOfTheirAnswers) {
    Chain<With<Refuses, Doubles, Wraps, Adds>> chain;
    LinkTimes times{"compute"};
    LinkTimes* const measuring[]{&times};
    const LiveChain::Member members[]{{&plugin_info<Refuses>, &chain.plugin<Refuses>()},
                                      {&plugin_info<Doubles>, &chain.plugin<Doubles>()},
                                      {&plugin_info<Wraps>, &chain.plugin<Wraps>()},
                                      {&plugin_info<Adds>, &chain.plugin<Adds>()}};
    const auto live = *LiveChain::make(members, {}, measuring);

    EXPECT_EQ(*live.call<Compute>(1, 2), *chain.call<Compute>(1, 2));
    EXPECT_EQ(live.call<Compute>(13, 2).error().id(), "forbidden");

    EXPECT_EQ(times.of(plugin_info<Refuses>.name).calls, 2U);
    EXPECT_EQ(times.of(plugin_info<Adds>.name).calls, 1U);
    const auto wraps = times.of(plugin_info<Wraps>.name);
    EXPECT_GT(wraps.own.count(), 0);
    EXPECT_GE(wraps.own, wraps.longest);
    EXPECT_EQ(times.of("nobody").calls, 0U);
}

TEST(LiveChain, GivesTheDefaultWhereNobodyAnswers) {
    Both<Peeks> both;
    const auto greet = [&](std::string name) { return *both.call<Greet>([&](auto call) { return call(name); }); };
    EXPECT_EQ(greet("you"), "hello you");
    EXPECT_EQ(greet(""), "nobody is here");
}

TEST(LiveChain, HandsOnReferencesAndWhatTheyAreChangedTo) {
    Both<Doubles, Watches, Refuses> both;
    const std::string text = "ab";
    EXPECT_TRUE(both.call<Note>([&](auto call) { return call(text); }));
    EXPECT_EQ(both.chain.plugin<Watches>().notes, "abababab");
    EXPECT_EQ(both.call<Note>([](auto call) { return call(""); }).error().id(), "field_missing");
}

TEST(LiveChain, MovesWhatCannotBeCopied) {
    Both<Unpacks> both;
    EXPECT_EQ(*both.call<Take>([](auto call) { return call(std::make_unique<int>(7)); }), 7);
}

TEST(LiveChain, LetsExceptionsPass) {
    Both<Watches, Throws, Adds> both;
    EXPECT_THROW((void)both.live[0].call<Compute>(1, 2), std::runtime_error);
}

TEST(LiveChain, CallsByPosition) {
    Both<Adds, Peeks> both;
    EXPECT_EQ(*both.live[0].call<Compute>(std::size_t{0}, 1, 2), 3);
    EXPECT_EQ(*both.live[0].call<Greet>(std::size_t{1}, std::string{"x"}), "hello x");
    EXPECT_EQ(both.live[0].call<Note>(std::size_t{2}, std::string{"x"}).error().id(), "not_implemented");
}

struct OtherCompute : Callback<"compute(x)", int(int)> {};
struct Confuses : Plugin {
    using Callbacks = malla::Callbacks<OtherCompute>;
    int on(OtherCompute, int x) { return x; }
};

TEST(LiveChain, RefusesOneNameWithTwoMeanings) {
    Adds adds;
    Confuses confuses;
    const LiveChain::Member members[]{{&plugin_info<Adds>, &adds}, {&plugin_info<Confuses>, &confuses}};
    const auto made = LiveChain::make(members, {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().id(), "conflict");
    EXPECT_THAT(made.error().info(), HasSubstr("compute"));
}

struct D : Plugin {};
struct C : Plugin {
    using Depends = malla::Depends<D>;
};
struct B : Plugin {
    using Depends = malla::Depends<D, Optional<C>>;
};
struct A : Plugin {
    using Depends = malla::Depends<B, C>;
};
struct X : Plugin {
    using Depends = malla::Depends<struct Y>;
};
struct Y : Plugin {
    using Depends = malla::Depends<X>;
};

std::vector<std::string> order(std::vector<std::string_view> listed, std::vector<ListingInfo::Above> groups = {}) {
    const PluginInfo* candidates[]{&plugin_info<A>, &plugin_info<B>, &plugin_info<C>,
                                   &plugin_info<D>, &plugin_info<X>, &plugin_info<Y>};
    const auto resolved = resolve_plugins(listed, groups, candidates);
    if (!resolved) return {resolved.error().text()};
    std::vector<std::string> names;
    for (const PluginInfo* each : *resolved) names.emplace_back(each->name.substr(each->name.rfind(':') + 1));
    return names;
}

TEST(ResolvePlugins, OrdersAsTheCompilerDoes) {
    EXPECT_THAT(order({type_name<A>()}), ElementsAre("A", "B", "C", "D"));
    EXPECT_THAT(order({type_name<D>(), type_name<C>()}), ElementsAre("C", "D"));
    EXPECT_THAT(order({type_name<B>()}), ElementsAre("B", "D")); // an optional one does not come in
    EXPECT_THAT(order({type_name<C>(), type_name<B>()}), ElementsAre("B", "C", "D"));
    using Listed = Chain<With<D, C, B>>;
    EXPECT_EQ(order({type_name<D>(), type_name<C>(), type_name<B>()}).size() + 2, Listed::size());
}

TEST(ResolvePlugins, KeepsGroupsInTheirOrder) {
    EXPECT_THAT(order({type_name<D>(), type_name<X>()}).front(), HasSubstr("circular_dependencies"));
    const std::vector<ListingInfo::Above> group{{type_name<C>(), type_name<B>()}};
    EXPECT_THAT(order({type_name<C>(), type_name<B>()}, group).front(), HasSubstr("circular_dependencies"));
    const std::vector<ListingInfo::Above> listed{{type_name<A>(), type_name<D>()}};
    EXPECT_THAT(order({type_name<A>(), type_name<D>()}, listed), ElementsAre("A", "B", "C", "D"));
}

TEST(ResolvePlugins, NamesWhatIsMissingAndWhatIsACircle) {
    EXPECT_THAT(order({"Nothing"}).front(), HasSubstr("'Nothing'"));
    const auto circle = order({type_name<X>()}).front();
    EXPECT_THAT(circle, HasSubstr("X"));
    EXPECT_THAT(circle, HasSubstr("Y"));
}

struct Grouped : Service<TestApi> {
    using Plugins = malla::Plugins<D, Group<A, C>>;
};

TEST(ListingInfo, HasWhatTheServiceLists) {
    EXPECT_THAT(listing_info<Grouped>.plugins, ElementsAre(type_name<D>(), type_name<A>(), type_name<C>()));
    ASSERT_EQ(listing_info<Grouped>.groups.size(), 1u);
    EXPECT_EQ(listing_info<Grouped>.groups[0].upper, type_name<A>());
    EXPECT_EQ(listing_info<Grouped>.groups[0].lower, type_name<C>());
}

} // namespace
} // namespace malla
