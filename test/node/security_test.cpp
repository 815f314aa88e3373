// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"
#include "malla/transport/key.hpp"
#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;
using ::testing::HasSubstr;

struct WhoAmI : Callback<"who_am_i()", std::string()> {};
struct DoorApi : Api<"Door", WhoAmI> {};

/// Says whom the key of the connection belongs to.
struct Door : Service<DoorApi> {
    std::string on(WhoAmI) {
        const CallInfo* call = current_call();
        return std::string{call->identity} + (call->may_administer ? " may administer" : "");
    }
};

class SecurityTest : public ::testing::Test {
protected:
    SecurityTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }

    static NodeOptions node(std::string name, const Node* joins = nullptr) {
        NodeOptions options;
        options.name = std::move(name);
        options.loopback.clear();
        if (joins) options.peers = {joins->endpoint()};
        return options;
    }
    std::string write(const std::string& name, const std::string& text) {
        folder.write(name, text);
        return (folder.path() / name).string();
    }
    /// Options of a node whose list has those keys.
    NodeOptions with_key(std::string name, const transport::KeyPair& keys, const std::string& allowed,
                         const Node* joins = nullptr) {
        NodeOptions options = node(name, joins);
        options.credentials.key = write(name + ".key", transport::key_file_text(keys));
        options.credentials.allow = write(name + ".allow", allowed);
        return options;
    }
    NodeOptions with_secret(std::string name, char letter, const Node* joins = nullptr) {
        NodeOptions options = node(name, joins);
        options.credentials.secret = write(name + ".secret", std::string(32, letter));
        return options;
    }

    TemporaryFolder folder;
    const transport::KeyPair host_keys = transport::make_key_pair();
    const transport::KeyPair client_keys = transport::make_key_pair();
};

TEST_F(SecurityTest, HoldersOfTheSecretCallAndAdminister) {
    Node host{with_secret("host", 'a')};
    host.start<Door>();
    NodeOptions options = with_secret("client", 'a', &host);
    options.hosts = false;
    Node client{options};

    EXPECT_EQ(Remote<DoorApi>{client}.call<WhoAmI>(within(10s)), " may administer");
    EXPECT_TRUE(Remote<admin::Api>{client}.try_call<admin::GetState>(within(10s), "Door"));
}

TEST_F(SecurityTest, WhoHasAnotherSecretOrNoneGetsNothing) {
    Node host{with_secret("host", 'a')};
    host.start<Door>();
    NodeOptions other = with_secret("other", 'b', &host);
    NodeOptions open = node("open", &host);
    for (NodeOptions* options : {&other, &open}) {
        options->hosts = false;
        Node stranger{*options};

        const auto joined = stranger.wait_for_mesh(Deadline::in(10s));

        ASSERT_FALSE(joined);
        EXPECT_EQ(joined.error().exit_code(), ExitCode::refused) << joined.error().text();
        EXPECT_FALSE(Remote<DoorApi>{stranger}.try_call<WhoAmI>(within(100ms)));
        EXPECT_TRUE(stranger.instances().empty());
    }
}

TEST_F(SecurityTest, AKeyHasANameAndTheRightsOfItsLine) {
    Node host{with_key("host", host_keys, client_keys.public_key + " reports\n")};
    host.start<Door>();
    NodeOptions options = with_key("client", client_keys, host_keys.public_key + "\n", &host);
    options.hosts = false;
    Node client{options};

    EXPECT_EQ(Remote<DoorApi>{client}.call<WhoAmI>(within(10s)), "reports");
    CallOptions named = within(10s);
    named.on = "host";
    const auto refused = Remote<admin::Api>{client}.try_call<admin::GetState>(named, "Door");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "forbidden");
    EXPECT_THAT(refused.error().info(), HasSubstr("not listed as admin"));
}

TEST_F(SecurityTest, NodesWithKeysFindEachOtherThroughAPeer) {
    const auto third_keys = transport::make_key_pair();
    const std::string all =
        host_keys.public_key + "\n" + client_keys.public_key + "\n" + third_keys.public_key + " third admin\n";
    Node meeting{with_key("meeting", host_keys, all)};
    Node host{with_key("host", client_keys, all, &meeting)};
    host.start<Door>();
    Node third{with_key("third", third_keys, all, &meeting)};

    EXPECT_EQ(Remote<DoorApi>{third}.call<WhoAmI>(within(10s)), "third may administer");
}

TEST_F(SecurityTest, ACallerWhomEachInstanceRefusesIsToldSoAtOnce) {
    const auto own_keys = transport::make_key_pair();
    Node meeting{with_key("meeting", host_keys, client_keys.public_key + "\n" + own_keys.public_key + "\n")};
    Node host{with_key("host", own_keys, host_keys.public_key + "\n", &meeting)};
    host.start<Door>();
    NodeOptions options = with_key("client", client_keys, "", &meeting);
    options.hosts = false;
    Node client{options};

    const auto began = Clock::now();
    const auto refused = Remote<DoorApi>{client}.try_call<WhoAmI>(within(60s));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id(), "credentials_refused") << refused.error().text();
    EXPECT_THAT(refused.error().info(), HasSubstr("'host'"));
    EXPECT_EQ(refused.error().outcome(), Outcome::not_run);
    EXPECT_LT(Clock::now() - began, 30s);
}

TEST_F(SecurityTest, BeyondLoopbackNobodyAdministersWithoutCredentials) {
    NodeOptions options = node("host");
    options.bind = "tcp://*:*";
    options.insecure = true;
    Node host{options};
    host.start<Door>();
    NodeOptions calling = node("client", &host);
    calling.hosts = false;
    Node client{calling};

    EXPECT_EQ(Remote<DoorApi>{client}.call<WhoAmI>(within(10s)), "");
    CallOptions named = within(10s);
    named.on = "host";
    EXPECT_EQ(Remote<admin::Api>{client}.try_call<admin::GetState>(named, "Door").error().id(), "forbidden");
}

TEST_F(SecurityTest, ANodeWithAKeyIsToldTheKeysOfOthers) {
    NodeOptions options = with_key("client", client_keys, "");
    options.peers = {"tcp://127.0.0.1:9"};
    try {
        Node client{options};
        FAIL() << "nobody could be reached";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "credentials_required");
        EXPECT_THAT(error.status().info(), HasSubstr("tcp://127.0.0.1:9#KEY"));
    }
    options.peers.clear();
    options.hosts = false;
    EXPECT_THROW(Node{options}, Error);
}

} // namespace
} // namespace malla
