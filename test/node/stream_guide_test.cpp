// SPDX-License-Identifier: Apache-2.0
// The code of docs/guide-calls.md about many results.
#include "malla/node/remote.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace malla {
namespace {

struct Lines : Callback<"lines(count)", Stream<int>(int)> {};
struct FileApi : Api<"File", Lines> {};

struct File : Service<FileApi> {
    Stream<int> on(Lines, int count) {
        return [count, next = 0]() mutable -> std::optional<int> {
            if (next == count) return std::nullopt;
            return next++;
        };
    }
};

Result<void> read_some(Remote<FileApi>& remote) {
    auto lines = remote.stream<Lines>(1'000'000);
    while (true) {
        const auto line = lines.next();
        if (!line) return line.error();
        if (!*line || **line == 2) break;
    }
    return {};
}

TEST(StreamGuide, TakesValuesInALoopAndOneByOne) {
    NodeOptions options;
    options.loopback.clear();
    Node node{options};
    node.start<File>();
    Remote<FileApi> remote{node};

    int sum = 0;
    for (const int line : remote.stream<Lines>(3)) sum += line;

    EXPECT_EQ(sum, 0 + 1 + 2);
    EXPECT_TRUE(read_some(remote));
}

} // namespace
} // namespace malla
