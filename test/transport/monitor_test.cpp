// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/monitor.hpp"

#include "malla/base/descriptor.hpp"
#include "malla/base/log.hpp"

#include "transport/support.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace malla::transport::test {
namespace {

using Kind = LinkEvent::Kind;

/// Keeps what a monitor told.
class Watch {
public:
    explicit Watch(Socket& socket) : monitor_{must(socket.monitor())} {}

    /// The first event of `kind`, waiting for it.
    LinkEvent expect(Kind kind, Clock::duration limit = patience) {
        const auto is_kind = [=](const LinkEvent& event) { return event.kind == kind; };
        EXPECT_TRUE(eventually(
            [&] {
                receive();
                return std::ranges::any_of(seen, is_kind);
            },
            limit))
            << "no event " << static_cast<int>(kind);
        const auto found = std::ranges::find_if(seen, is_kind);
        return found == seen.end() ? LinkEvent{kind, -2, ""} : *found;
    }

    bool receive() {
        monitor_->receive(seen);
        return true;
    }

    [[nodiscard]] std::ptrdiff_t count(Kind kind) const { return std::ranges::count(seen, kind, &LinkEvent::kind); }

    std::vector<LinkEvent> seen;

private:
    std::unique_ptr<Monitor> monitor_;
};

/// While it lives, this process can open nothing more.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit tight = before_;
        tight.rlim_cur = static_cast<rlim_t>(::dup(STDERR_FILENO)) + 1; // what is open stays so
        ::close(static_cast<int>(tight.rlim_cur) - 1);
        ::setrlimit(RLIMIT_NOFILE, &tight);
        for (int fd = ::dup(STDERR_FILENO); fd >= 0; fd = ::dup(STDERR_FILENO)) holes_.push_back(fd);
    }
    ~NoDescriptors() {
        for (const int fd : holes_) ::close(fd);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
    std::vector<int> holes_;
};

TEST(Monitor, SaysThatNoDescriptorsAreLeftForThoseWhoConnect) {
    const auto router = open(Pattern::router);
    Watch watch{*router};
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    static std::atomic<int> lines;
    lines = 0;
    const LogSink before = set_log_sink([](LogLevel level, std::string_view text) noexcept {
        if (level == LogLevel::error && text.find("no file descriptors are left") != std::string_view::npos) ++lines;
    });
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const Descriptor client{::socket(AF_INET, SOCK_STREAM, 0)};
    {
        const NoDescriptors none;
        ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_TRUE(eventually([&] { return watch.receive() && lines > 0; }, patience));
    }
    watch.expect(Kind::connected); // it is taken when there are some again
    set_log_sink(before);
}

TEST(Monitor, TellsOfAConnectionOnBothSidesAndOfItsEnd) {
    const auto router = open(Pattern::router);
    auto dealer = open(Pattern::dealer);
    Watch server{*router};
    Watch client{*dealer};
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    must(dealer->connect(endpoint));
    ASSERT_TRUE(send_when_connected(*dealer, "x"));
    const auto message = receive_one(*router);

    EXPECT_EQ(server.expect(Kind::connected).connection, message.connection());
    server.expect(Kind::ready);
    EXPECT_EQ(client.expect(Kind::connected).endpoint, endpoint);
    client.expect(Kind::ready);
    dealer.reset();
    const auto end = server.expect(Kind::disconnected);
    EXPECT_EQ(end.connection, message.connection());
    EXPECT_EQ(end.endpoint, endpoint);
}

TEST(Monitor, TellsTheClientThatItsServerIsGoneAndThatItTriesAgain) {
    Pair pair;
    Watch client{*pair.dealer};
    pair.router->close();

    client.expect(Kind::disconnected);
    client.expect(Kind::retrying);
}

TEST(Monitor, TellsOfAConnectThatFindsNobody) {
    const DeadAddress nobody;
    const auto dealer = open(Pattern::dealer);
    Watch client{*dealer};
    must(dealer->connect(nobody.endpoint));

    EXPECT_EQ(client.expect(Kind::retrying).endpoint, nobody.endpoint);
    EXPECT_EQ(client.count(Kind::ready), 0);
}

TEST(Monitor, ABrokenProtocolIsADisconnectWithoutARetry) {
    const auto router = open(Pattern::router);
    const auto dealer = open(Pattern::dealer, {.max_message_bytes = 1000});
    Watch client{*dealer};
    must(dealer->connect(must(router->bind("tcp://127.0.0.1:*"))));
    ASSERT_TRUE(send_when_connected(*dealer, "x"));
    ASSERT_EQ(router->send_to(receive_one(*router).peer(), std::string(1001, 'x')), Sent::sent);

    client.expect(Kind::disconnected);
    EXPECT_FALSE(eventually([&] { return client.receive() && client.count(Kind::retrying) != 0; }, 500ms));
}

/// A connection that greets as ZMTP 3 with a security mechanism that nobody has.
class BadGreeting {
public:
    explicit BadGreeting(const std::string& endpoint) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        auto greeting = "\xFF\0\0\0\0\0\0\0\0\x7F\x03\0BOGUS"s;
        greeting.resize(64);
        EXPECT_EQ(::send(fd_, greeting.data(), greeting.size(), MSG_NOSIGNAL), 64);
    }
    ~BadGreeting() { ::close(fd_); }
    BadGreeting(const BadGreeting&) = delete;
    BadGreeting& operator=(const BadGreeting&) = delete;

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(Monitor, TellsOfAPeerThatSpeaksDifferently) {
    const auto router = open(Pattern::router);
    Watch server{*router};
    const BadGreeting peer{must(router->bind("tcp://127.0.0.1:*"))};

    server.expect(Kind::refused);
}

TEST(Monitor, ThatNobodyDrainsDoesNotStopOtherSockets) {
    const auto router = open(Pattern::router);
    const auto undrained = must(router->monitor());
    const auto endpoint = must(router->bind("tcp://127.0.0.1:*"));
    for (int i = 0; i < 700; ++i) {
        const auto dealer = open(Pattern::dealer);
        must(dealer->connect(endpoint));
        ASSERT_TRUE(send_when_connected(*dealer, "x"));
    }

    const Pair other;
    ASSERT_EQ(other.router->send_to(other.peer, "y"sv), Sent::sent);
    EXPECT_EQ(receive_one(*other.dealer).bytes(), "y");
}

TEST(Monitor, ThatIsGoneDoesNotStopOtherSockets) {
    for (int i = 0; i < 20; ++i) {
        Pair pair;
        must(pair.router->monitor()).reset();
        EXPECT_FALSE(pair.router->monitor());
        pair.dealer->close(); // an event for nobody
        ASSERT_TRUE(eventually([&] { return pair.router->send_to(pair.peer, "x"sv) == Sent::unreachable; }));
    }

    const Pair other;
    ASSERT_EQ(other.router->send_to(other.peer, "y"sv), Sent::sent);
    EXPECT_EQ(receive_one(*other.dealer).bytes(), "y");
}

TEST(Monitor, OutlivesItsSocket) {
    auto router = open(Pattern::router);
    const auto monitor = must(router->monitor());
    router.reset();

    std::vector<LinkEvent> none;
    EXPECT_EQ(monitor->receive(none), 0U);
}

} // namespace
} // namespace malla::transport::test
