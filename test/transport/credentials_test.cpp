// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/credentials.hpp"

#include "malla/base/log.hpp"
#include "malla/transport/endpoint.hpp"
#include "transport/support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

namespace malla::transport::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view secret = "correct horse battery staple, 32 bytes or more";

std::shared_ptr<Credentials> cluster(std::string_view of = secret) { return must(Credentials::of_cluster(of)); }

Profile profile_with(std::shared_ptr<const Credentials> credentials) {
    Profile profile;
    profile.credentials = std::move(credentials);
    return profile;
}

/// A ROUTER that only some may talk to.
struct Server {
    std::unique_ptr<Socket> router;
    std::string endpoint;

    explicit Server(const std::shared_ptr<Credentials>& credentials)
        : router{open(Pattern::router, profile_with(credentials))} {
        endpoint = credentials->with_key(must(router->bind("tcp://127.0.0.1:*")));
    }
};

/// What a DEALER hears of its first attempt to connect.
LinkEvent::Kind end_of_handshake(Socket& dealer, const std::string& endpoint) {
    const auto monitor = must(dealer.monitor());
    must(dealer.connect(endpoint));
    std::vector<LinkEvent> events;
    const auto is_end = [](const LinkEvent& event) { return event.kind != LinkEvent::Kind::connected; };
    EXPECT_TRUE(eventually([&] { return monitor->receive(events) > 0 && std::ranges::any_of(events, is_end); }));
    const auto end = std::ranges::find_if(events, is_end);
    return end == events.end() ? LinkEvent::Kind::connected : end->kind;
}

class CredentialsTest : public ::testing::Test {
protected:
    CredentialsTest() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
    }
};

TEST_F(CredentialsTest, KeysComeFromASecretAsTheDocumentSays) {
    const auto known = cluster();

    EXPECT_EQ(known->server_keys().public_key, "H4kf2SWdFLp@R5L@Q&IoCUKO:CEg0I9:2Lufa16)");
    EXPECT_EQ(known->server_keys().secret_key, "k]%u%In^SJO5]?O+0U/hH<hgV1jOXk3H6$fW:w{(");
    EXPECT_EQ(known->client_keys().public_key, "^p]/iDa!I^HV714!HjxV8Q-1%}xa>wwarFIBY<-K");
    EXPECT_EQ(known->client_keys().secret_key, "C88r*cUtk%mbI1m)R-)DVpjw{QR]mxWk?(weRdl}");
    EXPECT_EQ(cluster(std::string{" \n"}.append(secret).append("\r\n"))->server_keys().public_key,
              known->server_keys().public_key);
}

TEST_F(CredentialsTest, ASecretThatCouldBeGuessedIsNone) {
    EXPECT_FALSE(Credentials::of_cluster(std::string(31, 'x')));
    EXPECT_TRUE(Credentials::of_cluster(std::string(32, 'x')));
    EXPECT_TRUE(Credentials::of_cluster(std::string(4096, 'x')));
    EXPECT_FALSE(Credentials::of_cluster(std::string(4097, 'x')));
    EXPECT_THAT(Credentials::of_cluster("short").error().info(), HasSubstr("malla keygen --secret FILE"));
}

TEST_F(CredentialsTest, HoldersOfTheSecretTalkEncrypted) {
    const Server server{cluster()};
    const auto dealer = open(Pattern::dealer, profile_with(cluster()));

    must(dealer->connect(server.endpoint));
    ASSERT_TRUE(send_when_connected(*dealer, "hello"));
    const Message message = receive_one(*server.router);

    EXPECT_EQ(message.bytes(), "hello");
    EXPECT_EQ(message.key(), cluster()->client_keys().public_key);
    EXPECT_EQ(server.router->send_to(message.peer(), "welcome"sv), Sent::sent);
    EXPECT_EQ(receive_one(*dealer).bytes(), "welcome");
}

TEST_F(CredentialsTest, EachMessageOfThoseSentTogetherBringsTheKey) {
    const Server server{cluster()};
    const auto dealer = open(Pattern::dealer, profile_with(cluster()));
    must(dealer->connect(server.endpoint));
    const std::vector<std::string> three{"a", "b", "c"};
    ASSERT_TRUE(eventually([&] { return dealer->send_together(three) == Sent::sent; }));

    for (const auto& expected : three) {
        const Message message = receive_one(*server.router);
        EXPECT_EQ(message.bytes(), expected);
        EXPECT_EQ(message.key(), cluster()->client_keys().public_key);
    }
}

TEST_F(CredentialsTest, PublishersLetInOnlyHoldersToo) {
    const auto publisher = open(Pattern::pub, profile_with(cluster()));
    const auto endpoint = must(publisher->bind("tcp://127.0.0.1:*"));
    const auto reader = open(Pattern::sub, profile_with(cluster()));
    const auto stranger = open(Pattern::sub);
    must(reader->subscribe(""));
    must(stranger->subscribe(""));
    must(stranger->connect(endpoint));
    must(reader->connect(endpoint));

    std::vector<Message> heard;
    ASSERT_TRUE(eventually([&] {
        EXPECT_EQ(publisher->send("news"sv), Sent::sent);
        return reader->receive(heard) > 0;
    }));

    EXPECT_EQ(stranger->receive(heard), 0U);
}

TEST_F(CredentialsTest, StrangersAreTurnedAwayAndHearIt) {
    const Server server{cluster()};
    const auto without = open(Pattern::dealer);
    const auto other = open(Pattern::dealer, profile_with(cluster(std::string(32, 'x'))));

    const auto first = end_of_handshake(*without, server.endpoint);
    EXPECT_TRUE(first == LinkEvent::Kind::refused || first == LinkEvent::Kind::handshake_failed);
    EXPECT_EQ(end_of_handshake(*other, server.endpoint), LinkEvent::Kind::handshake_failed);
}

TEST_F(CredentialsTest, ManyStrangersAreFewLines) {
    static std::atomic<int> lines;
    lines = 0;
    set_log_sink([](LogLevel level, std::string_view) noexcept { lines += level == LogLevel::warning; });
    const auto began = Clock::now();
    const Server server{must(Credentials::of_node(make_key_pair(), {}))};
    for (int i = 0; i < 20; ++i) {
        const auto stranger = open(Pattern::dealer, profile_with(must(Credentials::of_node(make_key_pair(), {}))));
        EXPECT_EQ(end_of_handshake(*stranger, server.endpoint), LinkEvent::Kind::refused);
    }

    EXPECT_GE(lines, 1);
    EXPECT_LE(lines, 2 + (Clock::now() - began) / 1s);
}

TEST_F(CredentialsTest, AnOpenServerIsNotTrustedWithCredentials) {
    const auto router = open(Pattern::router);
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    const auto dealer = open(Pattern::dealer, profile_with(cluster()));

    const auto end = end_of_handshake(*dealer, endpoint);

    EXPECT_TRUE(end == LinkEvent::Kind::refused || end == LinkEvent::Kind::handshake_failed);
}

TEST_F(CredentialsTest, OnlyListedKeysAreLetInAndHaveTheirNames) {
    const KeyPair own = make_key_pair();
    const KeyPair listed = make_key_pair();
    const auto credentials = must(Credentials::of_node(own, {{listed.public_key, {"reports", true}}}));
    const Server server{credentials};
    const auto friendly = open(Pattern::dealer, profile_with(must(Credentials::of_node(listed, {}))));
    const auto stranger = open(Pattern::dealer, profile_with(must(Credentials::of_node(make_key_pair(), {}))));

    EXPECT_EQ(end_of_handshake(*stranger, server.endpoint), LinkEvent::Kind::refused);
    must(friendly->connect(server.endpoint));
    ASSERT_TRUE(send_when_connected(*friendly, "hello"));
    const auto identity = credentials->identify(receive_one(*server.router).key());

    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->name, "reports");
    EXPECT_TRUE(identity->may_administer);
    EXPECT_FALSE(credentials->identify(make_key_pair().public_key));
    EXPECT_FALSE(credentials->identify(""));
}

TEST_F(CredentialsTest, WhoLeavesTheListIsNoLongerHeard) {
    const KeyPair listed = make_key_pair();
    const KeyPair kept = make_key_pair();
    const auto credentials =
        must(Credentials::of_node(make_key_pair(), {{listed.public_key, {}}, {kept.public_key, {}}}));
    const Server server{credentials};
    const auto leaving = open(Pattern::dealer, profile_with(must(Credentials::of_node(listed, {}))));
    const auto staying = open(Pattern::dealer, profile_with(must(Credentials::of_node(kept, {}))));
    for (const auto* dealer : {&leaving, &staying}) {
        must((*dealer)->connect(server.endpoint));
        ASSERT_TRUE(send_when_connected(**dealer, "hello"));
        ASSERT_EQ(receive_one(*server.router).bytes(), "hello");
    }

    credentials->allow({{kept.public_key, {}}});
    ASSERT_TRUE(send_when_connected(*leaving, "not heard"));

    ASSERT_TRUE(eventually([&] {
        std::vector<Message> messages;
        EXPECT_EQ(server.router->receive(messages), 0U);
        return server.router->dropped() == 1;
    }));
    ASSERT_TRUE(send_when_connected(*staying, "heard"));
    EXPECT_EQ(receive_one(*server.router).bytes(), "heard");
}

TEST_F(CredentialsTest, AnEndpointSaysWhoseKeyIsExpected) {
    const auto credentials = must(Credentials::of_node(make_key_pair(), {}));
    const auto dealer = open(Pattern::dealer, profile_with(credentials));
    const auto without = open(Pattern::dealer);

    EXPECT_EQ(dealer->connect("tcp://127.0.0.1:9").error().id(), "credentials_required");
    EXPECT_EQ(without->connect("tcp://127.0.0.1:9#" + make_key_pair().public_key).error().id(), "credentials_required");
    EXPECT_EQ(dealer->connect("tcp://127.0.0.1:9#" + std::string(40, '~')).error().id(), "endpoint_invalid");
    EXPECT_EQ(cluster()->with_key("tcp://127.0.0.1:9"), "tcp://127.0.0.1:9");
    EXPECT_EQ(split_key(credentials->with_key("tcp://127.0.0.1:9")).key, credentials->server_keys().public_key);
}

TEST_F(CredentialsTest, KeysAreNotOfTheirEndpointsSpelling) {
    const std::string key = make_key_pair().public_key;

    EXPECT_EQ(*canonical("tcp://[::ffff:127.0.0.1]:07#" + key), "tcp://127.0.0.1:7#" + key);
    EXPECT_EQ(*resolve("tcp://127.0.0.1:7#" + key), "tcp://127.0.0.1:7#" + key);
    EXPECT_TRUE(is_loopback("tcp://127.0.0.1:7#" + key));
    EXPECT_FALSE(is_loopback("tcp://10.0.0.1:7#" + key));
    EXPECT_EQ(own_host_towards("tcp://127.0.0.1:7#" + key), "127.0.0.1");
    EXPECT_FALSE(own_host_towards("tcp://*:7"));
}

TEST_F(CredentialsTest, AKeyFileIsReadAsItIsWritten) {
    const KeyPair keys = make_key_pair();

    const auto read = read_key_file(key_file_text(keys));

    ASSERT_TRUE(read);
    EXPECT_EQ(read->public_key, keys.public_key);
    EXPECT_EQ(read->secret_key, keys.secret_key);
    EXPECT_EQ(read_key_file("secret " + keys.secret_key)->public_key, keys.public_key);
    EXPECT_THAT(read_key_file("public " + keys.public_key).error().info(), HasSubstr("no line 'secret KEY'"));
    EXPECT_THAT(read_key_file("secret x").error().info(), HasSubstr("line 1"));
    EXPECT_THAT(read_key_file("public " + make_key_pair().public_key + "\nsecret " + keys.secret_key).error().info(),
                HasSubstr("does not belong"));
}

TEST_F(CredentialsTest, AListHasAKeyANameAndARightOnEachLine) {
    const std::string first = make_key_pair().public_key;
    const std::string second = make_key_pair().public_key;

    const auto read = read_allowed_keys("# those of the office\n#\n\n" + first + " reports admin\n" + second + "\n");

    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[0].key, first);
    EXPECT_EQ((*read)[0].identity.name, "reports");
    EXPECT_TRUE((*read)[0].identity.may_administer);
    EXPECT_EQ((*read)[1].identity.name, second);
    EXPECT_FALSE((*read)[1].identity.may_administer);
    EXPECT_THAT(read_allowed_keys(second + "\n" + second).error().info(), HasSubstr("line 2"));
    EXPECT_FALSE(read_allowed_keys(second + " two names"));
    EXPECT_FALSE(read_allowed_keys("short name"));
}

TEST_F(CredentialsTest, FilesThatContradictEachOtherAreRefused) {
    EXPECT_FALSE(*load_credentials({}));
    EXPECT_EQ(load_credentials({"a", "b", ""}).error().exit_code(), ExitCode::usage);
    EXPECT_THAT(load_credentials({"", "", "list"}).error().info(), HasSubstr("goes with a key file"));
    EXPECT_THAT(load_credentials({"/nonexistent", "", ""}).error().info(), HasSubstr("/nonexistent cannot be read"));
    EXPECT_EQ(load_credentials({"/dev/null", "", ""}).error().id(), "credentials_invalid");
}

} // namespace
} // namespace malla::transport::test
