// SPDX-License-Identifier: Apache-2.0
#include "malla/service/registry.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace malla {
namespace registry_test { // a published type needs a name of its own

struct Board {
    std::string text;
};

struct Other {};

struct Shape {
    virtual ~Shape() = default;
    virtual int corners() const = 0;
};
struct Padding {
    virtual ~Padding() = default;
    int padding = 0;
};
struct Square : Padding, Shape {
    int corners() const override { return 4; }
};

/// Tells when it goes, and uses the registry then.
struct Farewell {
    const Registry& registry;
    std::optional<bool>& registered;

    Farewell(const Registry& where, std::optional<bool>& what) : registry{where}, registered{what} {}
    Farewell(const Farewell&) = delete;
    Farewell& operator=(const Farewell&) = delete;
    ~Farewell() { registered = registry.lookup_tag("name").has_value(); }
};

/// Keeps its own registration.
struct Owner {
    Registration registration;
};

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<Board> board(std::string text) { return std::make_shared<Board>(Board{std::move(text)}); }

TEST(Registry, ANameIsThereForAsLongAsItsRegistration) {
    Registry registry;
    EXPECT_EQ(registry.lookup<Board>("board"), nullptr);
    {
        const auto token = registry.register_name("board", board("chess"), "the tag");
        ASSERT_TRUE(token);
        EXPECT_EQ(registry.lookup<Board>("board")->text, "chess");
        EXPECT_EQ(registry.lookup_tag("board"), "the tag");
        EXPECT_EQ(registry.lookup<Board>("other"), nullptr);
    }
    EXPECT_EQ(registry.lookup<Board>("board"), nullptr);
    EXPECT_EQ(registry.lookup_tag("board"), std::nullopt);
    EXPECT_TRUE(registry.register_name("board", board("go")));
}

TEST(Registry, ANameIsRegisteredOnce) {
    Registry registry;
    const auto first = registry.register_name("board", board("chess"));
    ASSERT_TRUE(first);

    const auto second = registry.register_name("board");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().id(), "conflict");
    EXPECT_THAT(second.error().info(), HasSubstr("'board'"));
    EXPECT_EQ(second.error().data().at("name"), "board");
    EXPECT_EQ(registry.lookup<Board>("board")->text, "chess");
}

TEST(Registry, AnotherTypeThanThatOfTheObjectFindsNothing) {
    Registry registry;
    const auto object = registry.register_name("board", board("chess"));
    const auto tag_only = registry.register_name("tag", 1);
    const auto nothing = registry.register_name("nothing", std::shared_ptr<Board>{});
    ASSERT_TRUE(object && tag_only && nothing);

    EXPECT_EQ(registry.lookup<Other>("board"), nullptr);
    EXPECT_EQ(registry.lookup<Board>("tag"), nullptr);
    EXPECT_EQ(registry.lookup<Board>("nothing"), nullptr);
    EXPECT_EQ(registry.lookup_tag("tag"), 1);
}

TEST(Registry, AnObjectPublishedAsItsBaseIsFoundAsThat) {
    Registry registry;
    const auto token = registry.register_name<Shape>("shape", std::make_shared<Square>());
    ASSERT_TRUE(token);

    EXPECT_EQ(registry.lookup<Shape>("shape")->corners(), 4);
    EXPECT_EQ(registry.lookup<Square>("shape"), nullptr);
}

TEST(Registry, AKeyHasAllItsEntriesInTheirOrder) {
    Registry registry;
    const auto a = registry.store("games", board("chess"), 2);
    auto b = registry.store("games", board("poker"), 6);
    const auto c = registry.store("games", board("go"), 2);
    const auto other = registry.store("games", std::make_shared<Other>(), 2);
    const auto tag_only = registry.store("games", 4);
    const auto empty = registry.store("games", std::shared_ptr<Board>{}, 2);
    const auto texts = [&](const Registry::Predicate& predicate = {}) {
        std::vector<std::string> all;
        for (const auto& game : registry.values<Board>("games", predicate)) all.push_back(game->text);
        return all;
    };
    const auto for_two = [](const Json& tag) { return tag == 2; };

    EXPECT_THAT(texts(), ElementsAre("chess", "poker", "go"));
    EXPECT_THAT(texts(for_two), ElementsAre("chess", "go"));
    EXPECT_THAT(registry.tags("games"), ElementsAre(2, 6, 2, 2, 4, 2));
    EXPECT_EQ(registry.count("games"), 6u);
    EXPECT_EQ(registry.count("games", for_two), 4u);
    b.release();
    EXPECT_THAT(texts(), ElementsAre("chess", "go"));
    EXPECT_EQ(registry.count("nobody"), 0u);
    EXPECT_THAT(registry.values<Board>("nobody"), IsEmpty());
}

TEST(Registry, NamesAndKeysHaveNothingToDoWithEachOther) {
    Registry registry;
    const auto stored = registry.store("x", board("stored"));
    const auto named = registry.register_name("x", board("named"));
    ASSERT_TRUE(named);

    EXPECT_EQ(registry.lookup<Board>("x")->text, "named");
    EXPECT_EQ(registry.count("x"), 1u);
}

TEST(Registry, ARegistrationThatMovedStillKeepsItsEntryAndOnlyThat) {
    Registry registry;
    Registration kept;
    {
        auto token = registry.store("key", 1);
        kept = std::move(token);
    }
    EXPECT_THAT(registry.tags("key"), ElementsAre(1));
    kept = registry.store("key", 2); // the first one goes
    EXPECT_THAT(registry.tags("key"), ElementsAre(2));
    const Registration last{std::move(kept)};
    EXPECT_THAT(registry.tags("key"), ElementsAre(2));
}

TEST(Registry, ReleasingTwiceRemovesOneEntry) {
    Registry registry;
    auto token = *registry.register_name("name");
    token.release();
    const auto next = registry.register_name("name");
    ASSERT_TRUE(next);

    token.release();

    EXPECT_TRUE(registry.lookup_tag("name"));
}

TEST(Registry, ARegistrationMayOutliveItsRegistry) {
    const auto object = board("chess");
    Registration name, stored;
    {
        Registry registry;
        name = *registry.register_name("board", object);
        stored = registry.store("boards", object);
        ASSERT_EQ(object.use_count(), 3);
    }
    EXPECT_EQ(object.use_count(), 1);
    name.release();
    EXPECT_EQ(object.use_count(), 1);
}

TEST(Registry, ReleasingLetsTheObjectGoAfterItsEntryAndUnderNoLock) {
    Registry registry;
    std::optional<bool> registered;
    auto token = registry.register_name("name", std::make_shared<Farewell>(registry, registered));
    ASSERT_TRUE(token);
    ASSERT_EQ(registered, std::nullopt);

    token->release();

    EXPECT_EQ(registered, false);
}

TEST(Registry, AnObjectMayKeepItsOwnRegistrationUntilTheRegistryGoes) {
    std::weak_ptr<Owner> watched;
    {
        Registry registry;
        const auto owner = std::make_shared<Owner>();
        watched = owner;
        owner->registration = registry.store("owners", owner);
    }
    EXPECT_TRUE(watched.expired());
}

TEST(Registry, APredicateMayUseTheRegistryAndThrow) {
    Registry registry;
    const auto token = registry.store("key", board("chess"), 1);
    Registration added;

    const auto found = registry.values<Board>("key", [&](const Json&) {
        added = registry.store("key", 2);
        return registry.count("key") == 2;
    });
    EXPECT_EQ(found.size(), 1u);
    const Registry::Predicate throws = [](const Json&) -> bool { throw std::runtime_error{"no"}; };
    EXPECT_THROW((void)registry.count("key", throws), std::runtime_error);
    EXPECT_THROW((void)registry.values<Board>("key", throws), std::runtime_error);
    EXPECT_EQ(registry.count("key"), 2u);
}

TEST(Registry, OfThreadsThatRaceForANameOneWins) {
    Registry registry;
    for (int round = 0; round < 300; ++round) {
        std::atomic<int> winners = 0;
        std::latch together{2}, done{2};
        const auto race = [&] {
            together.arrive_and_wait();
            const auto token = registry.register_name("leader");
            if (token) ++winners;
            done.arrive_and_wait();
        };
        { const std::jthread one{race}, other{race}; }
        ASSERT_EQ(winners, 1);
        ASSERT_EQ(registry.lookup_tag("leader"), std::nullopt);
    }
}

TEST(Registry, ManyThreadsStoreLookUpAndRelease) {
    Registry registry;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 1'000; ++i) {
                    const auto text = std::to_string(thread);
                    const auto mine = registry.store("boards", board(text), thread);
                    const auto name = registry.register_name(text, board(text));
                    ASSERT_TRUE(name);
                    ASSERT_EQ(registry.count("boards", [&](const Json& tag) { return tag == thread; }), 1u);
                    for (const auto& found : registry.values<Board>("boards")) ASSERT_EQ(found->text.size(), 1u);
                    if (const auto other = registry.lookup<Board>(std::to_string(3 - thread))) {
                        ASSERT_EQ(other->text, std::to_string(3 - thread));
                    }
                }
            });
    }
    EXPECT_EQ(registry.count("boards"), 0u);
}

TEST(Registry, RegistryAndRegistrationsMayEndAtOnceOnDifferentThreads) {
    for (int round = 0; round < 300; ++round) {
        auto registry = std::make_unique<Registry>();
        std::vector<Registration> tokens;
        for (int i = 0; i < 8; ++i) tokens.push_back(registry->store("boards", board("chess")));
        std::latch together{2};
        const std::jthread releasing{[&, mine = std::move(tokens)]() mutable {
            together.arrive_and_wait();
            mine.clear();
        }};
        together.arrive_and_wait();
        registry.reset();
    }
}

TEST(RegistryRecord, UndoRemovesWhatRecordedThreadsPutInAndNothingElse) {
    Registry registry;
    const auto before = registry.store("key", Json{"before"});
    Registry::Record record{registry};
    std::vector<Registration> kept;
    {
        const Registry::Recording recording{record};
        kept.push_back(registry.store("key", Json{"recorded"}));
        kept.push_back(*registry.register_name("name", Json{1}));
        registry.store("key", Json{"released"}).release();
        std::thread{[&] { kept.push_back(registry.store("key", Json{"other thread"})); }}.join();
    }
    const auto after = registry.store("key", Json{"after"});

    record.undo();

    EXPECT_EQ(registry.tags("key"), (std::vector<Json>{"before", "other thread", "after"}));
    EXPECT_EQ(registry.lookup_tag("name"), std::nullopt);
    const auto again = registry.register_name("name", Json{2});
    ASSERT_TRUE(again);
    kept[0].release(); // of nothing now
    kept[1].release();
    EXPECT_EQ(registry.lookup_tag("name"), Json{2});
    EXPECT_EQ(registry.count("key"), 3u);
}

TEST(RegistryRecord, AThreadThatIsStillRecordedPutsNothingInOnceItIsUndone) {
    Registry registry;
    Registry::Record record{registry};
    const Registry::Recording recording{record};
    record.undo();

    EXPECT_EQ(registry.register_name("name", Json{1}).error().id(), "cancelled");
    const auto nothing = registry.store("key", Json{1});

    EXPECT_EQ(registry.count("key"), 0u);
    EXPECT_EQ(registry.lookup_tag("name"), std::nullopt);
}

} // namespace
} // namespace registry_test
} // namespace malla
