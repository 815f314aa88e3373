// SPDX-License-Identifier: Apache-2.0
// What a node says of those that it was told of and that do not answer.
#include "malla/base/log.hpp"
#include "malla/node/node.hpp"
#include "malla/transport/key.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace malla {
namespace {

using test::alone;
using test::eventually;
using ::testing::HasSubstr;

class Outage : public ::testing::Test {
protected:
    Outage() { lines().clear(); }
    ~Outage() override { set_log_sink(before_); }

    static std::ptrdiff_t said(const std::string& text) {
        const std::lock_guard lock{mutex};
        return std::ranges::count_if(lines(), [&](const auto& line) { return line.find(text) != std::string::npos; });
    }
    static NodeOptions joining(const std::string& endpoint) {
        NodeOptions options = alone("newcomer");
        options.peers = {endpoint};
        return options;
    }

private:
    static std::vector<std::string>& lines() {
        static std::vector<std::string> all;
        return all;
    }
    static void add(LogLevel, std::string_view text) noexcept {
        const std::lock_guard lock{mutex};
        lines().emplace_back(text);
    }

    static inline std::mutex mutex;
    const LogSink before_ = set_log_sink(&add);
};

TEST_F(Outage, OfAPeerIsToldOnceAndItsEndToo) {
    const test::TemporaryFolder folder;
    const std::string endpoint = "ipc://" + (folder.path() / "peer").string();
    const Node newcomer{joining(endpoint)};
    EXPECT_TRUE(eventually([&] { return said("nobody answers at " + endpoint) == 1; }));

    NodeOptions options = alone("peer");
    options.bind = endpoint;
    const Node peer{options};
    EXPECT_TRUE(eventually([&] { return said(endpoint + " answers") == 1; }));
    EXPECT_EQ(said("nobody answers at " + endpoint), 1);
}

TEST_F(Outage, OfOnePeerLeavesTheMeshThatAnotherOneTells) {
    const test::TemporaryFolder folder;
    const std::string nobody = "ipc://" + (folder.path() / "nobody").string();
    Node peer{alone("peer")};
    NodeOptions options = joining(peer.endpoint());
    options.peers.push_back(nobody);
    Node newcomer{options};

    ASSERT_TRUE(newcomer.wait_for_mesh(Deadline::in(std::chrono::seconds{60})));
    EXPECT_TRUE(std::ranges::any_of(newcomer.nodes(), [](const auto& each) { return each.name == "peer"; }));
    const auto places = newcomer.rendezvous();
    ASSERT_EQ(places.size(), 2U);
    EXPECT_FALSE(places[0].hindrance);
    EXPECT_EQ(places[1].endpoint, nobody);
    EXPECT_EQ(places[1].hindrance->id(), "endpoint_unreachable");
    EXPECT_EQ(newcomer.call("Nowhere", "at_all", "[]", within(std::chrono::milliseconds{50})).error().id(),
              "service_not_available");
}

TEST_F(Outage, OfAHostWithoutAnAddressIsToldAtOnce) {
    Node newcomer{joining("tcp://nowhere.invalid:6255")};

    const auto joined = newcomer.wait_for_mesh(Deadline::in(std::chrono::seconds{60}));
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error().id(), "endpoint_unreachable");
    EXPECT_THAT(joined.error().info(), HasSubstr("its host has no address"));
    EXPECT_EQ(said("the host of tcp://nowhere.invalid:6255 has no address"), 1);
}

TEST_F(Outage, OfAListOfKeysThatLetsNobodyInIsToldAtOnce) {
    const test::TemporaryFolder folder;
    NodeOptions options = alone("closed");
    options.credentials.key = folder.write("node.key", transport::key_file_text(transport::make_key_pair())).string();
    std::filesystem::permissions(options.credentials.key, std::filesystem::perms::owner_read);
    const Node closed{options};

    EXPECT_EQ(said("this node lets nobody in"), 1);
}

} // namespace
} // namespace malla
