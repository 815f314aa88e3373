// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_tree.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using testing::ElementsAre;

TracedSpan span(std::string id, std::string parent, std::string kind, std::int64_t at_us, std::int64_t took_us = 1) {
    return {id, std::move(parent), id, std::move(kind), "", "a", at_us, took_us, "ok", ""};
}

std::vector<std::string> drawn(const std::vector<TraceRow>& rows) {
    std::vector<std::string> lines;
    for (const auto& row : rows)
        lines.push_back(row.branches + row.span.name + " " + std::to_string(row.depth) + " " +
                        std::to_string(row.start_us));
    return lines;
}

const TracedSpan root = span("root", "", "client", 1000, 100);

TEST(TraceTree, StandsInTheOrderOfTimeWithItsBranches) {
    const auto rows = tree_of(root,
                              {span("d", "b", "internal", 1030), span("c", "a", "internal", 1040),
                               span("b", "a", "internal", 1020), span("a", "root", "server", 1010, 50)},
                              Branches::utf8);

    EXPECT_THAT(drawn(rows), ElementsAre("root 0 0", "└─ a 1 10", "   ├─ b 2 20", "   │  └─ d 3 30", "   └─ c 2 40"));
}

TEST(TraceTree, PutsWhatHasNoKnownParentBelowTheRootAndLosesNothingToCircles) {
    const auto rows =
        tree_of(root, {span("a", "nobody", "internal", 1010), span("root", "a", "internal", 1020)}, Branches::ascii);

    EXPECT_THAT(drawn(rows), ElementsAre("root 0 0", "`- a 1 10"));
    EXPECT_THAT(drawn(tree_of(root, {span("x", "y", "internal", 1), span("y", "x", "internal", 2)}, Branches::ascii)),
                ElementsAre("root 0 0"));
}

TEST(TraceTree, MovesWhatAClockThatIsOffPutsOutsideOfItsCall) {
    const auto rows =
        tree_of(root, {span("a", "root", "server", 9000, 50), span("b", "a", "internal", 9010, 5)}, Branches::ascii);

    EXPECT_THAT(drawn(rows), ElementsAre("root 0 0", "`- a 1 25", "   `- b 2 35"));
}

TEST(TraceTree, IsCompleteWhenEachCallThatSucceededWasHandled) {
    auto failed = span("f", "a", "client", 1020);
    failed.status = "expired";
    const auto a = span("a", "root", "server", 1010);
    const auto call = span("c", "a", "client", 1020);

    EXPECT_FALSE(is_complete(root, {}));
    EXPECT_TRUE(is_complete(root, {a}));
    EXPECT_TRUE(is_complete(root, {a, failed}));
    EXPECT_FALSE(is_complete(root, {a, call}));
    EXPECT_TRUE(is_complete(root, {a, call, span("d", "c", "server", 1030)}));
}

TEST(TraceTree, DrawsWhatTheLocaleCanShow) {
    EXPECT_EQ(&Branches::for_locale("de_DE.UTF-8"), &Branches::utf8);
    EXPECT_EQ(&Branches::for_locale("C.utf8"), &Branches::utf8);
    EXPECT_EQ(&Branches::for_locale("C"), &Branches::ascii);
    EXPECT_EQ(&Branches::for_locale(""), &Branches::ascii);
}

TEST(TracedSpan, IsReadFromWhatANodeTells) {
    const auto told = Json::parse(R"({"service":"Shop","payload":{"span":"1","parent":"2","name":"request-in",)"
                                  R"("kind":"server","labels":{"service":"Shop","operation":"order"},"at_us":5,)"
                                  R"("took_us":7,"status":"not_found","info":"no soup"}})");
    const auto read = TracedSpan::read(*told, "desk");

    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "Shop.order");
    EXPECT_EQ(read->node, "desk");
    EXPECT_EQ(read->took_us, 7);
    EXPECT_EQ(read->info, "no soup");
    EXPECT_FALSE(TracedSpan::read(*Json::parse(R"({"payload":{"more":true}})"), "desk"));
    EXPECT_FALSE(TracedSpan::read(Json{7}, "desk"));
}

} // namespace
} // namespace malla::cli
