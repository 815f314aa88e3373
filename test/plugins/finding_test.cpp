// SPDX-License-Identifier: Apache-2.0
#include "malla/base/log.hpp"
#include "malla/node/node.hpp"
#include "plugins/beacon/beacon.hpp"
#include "plugins/dns/dns.hpp"
#include "plugins/etcd/etcd.hpp"
#include "support/eventually.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace malla::plugins {
namespace {

using namespace std::chrono_literals;
using malla::test::eventually;
using ::testing::HasSubstr;

/// Takes what comes at a loopback port, and never answers.
class Silence {
public:
    explicit Silence(int type) : fd_{::socket(AF_INET, type | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_TRUE(type != SOCK_STREAM || ::listen(fd_, 8) == 0);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~Silence() { ::close(fd_); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

    [[nodiscard]] std::string port() const { return std::to_string(port_); }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

NodeOptions options_of(std::string name, const std::string& port) {
    NodeOptions options;
    options.name = std::move(name);
    options.finders["beacon"] = plugins::Beacon::make;
    options.peers = {"beacon://239.255.77.65:" + port + "?interface=lo"};
    return options;
}

bool sees(const Node& node, const Node& other) {
    for (const auto& each : node.nodes())
        if (each.id == other.id()) return true;
    return false;
}

/// What one finder said, and how long it takes to stop.
class Finding : public ::testing::Test {
protected:
    Finding() {
        set_log_sink([](LogLevel, std::string_view) noexcept {});
        host.cluster = "malla";
        host.node = NodeId::random();
        host.endpoints = {"tcp://127.0.0.1:4711"};
        host.found = [this](const std::vector<std::string>&) { ++found; };
        host.failed = [this](const Status& status) {
            const std::lock_guard lock{mutex};
            failure = status.info();
        };
    }
    std::string said() {
        const std::lock_guard lock{mutex};
        return failure;
    }
    static std::chrono::milliseconds stop(discovery::Finder& finder) {
        const auto began = Clock::now();
        finder.stop(Deadline::in(200ms));
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    }

    discovery::Finder::Host host;
    std::atomic<int> found = 0;
    std::mutex mutex;
    std::string failure;
};

TEST_F(Finding, NodesOfOneProcessMeetAtABeaconThatIsLinkedIn) {
    const Silence port{SOCK_DGRAM};
    Node first{options_of("first", port.port())};
    Node second{options_of("second", port.port())};
    auto calling = options_of("caller", port.port());
    calling.hosts = false;
    Node caller{calling};

    EXPECT_TRUE(eventually([&] { return sees(first, second) && sees(second, first); }));
    EXPECT_TRUE(eventually([&] { return sees(caller, first) && sees(caller, second); }));
    second.stop();
    EXPECT_TRUE(eventually([&] { return !sees(first, second) && !sees(caller, second); }));
}

TEST_F(Finding, ADnsServerThatIsSilentIsSaidAndHoldsNothingUp) {
    const Silence server{SOCK_DGRAM};
    const std::string url = "dns://fleet.test?server=127.0.0.1:" + server.port();
    const auto finder = *Dns::make(url);
    finder->start(host);
    ASSERT_TRUE(eventually([&] { return !said().empty(); }, 60s));
    EXPECT_THAT(said(), HasSubstr("fleet.test"));

    const auto again = *Dns::make(url);
    again->start(host); // ended in the middle of a question, as a rule
    EXPECT_LT(stop(*again), 2s);
    EXPECT_LT(stop(*finder), 2s);
    EXPECT_EQ(found, 0);
}

TEST_F(Finding, AnEtcdThatIsSilentIsSaidAndHoldsNothingUp) {
    const Silence server{SOCK_STREAM};
    const auto finder = *Etcd::make("etcd://127.0.0.1:" + server.port());
    finder->start(host);
    ASSERT_TRUE(eventually([&] { return !said().empty(); }, 60s));
    EXPECT_THAT(said(), HasSubstr("etcd at 127.0.0.1:" + server.port()));

    const auto again = *Etcd::make("etcd://127.0.0.1:" + server.port());
    again->start(host);
    EXPECT_LT(stop(*again), 3s);
    EXPECT_LT(stop(*finder), 3s);
    EXPECT_EQ(found, 0);
}

TEST_F(Finding, ANodeThatNobodyCanConnectToIsNotRegistered) {
    const Silence server{SOCK_STREAM};
    host.endpoints = {"tcp://0.0.0.0:4711"};
    const auto finder = *Etcd::make("etcd://127.0.0.1:" + server.port());
    finder->start(host);
    ASSERT_TRUE(eventually([&] { return !said().empty(); }, 60s));
    EXPECT_THAT(said(), HasSubstr("--advertise"));
    EXPECT_LT(stop(*finder), 3s);
}

TEST_F(Finding, AFinderThatWasNeverStartedEnds) {
    for (const auto& made : {Dns::make("dns://a"), Etcd::make("etcd://a"), Beacon::make("beacon://239.1.1.1:1")}) {
        ASSERT_TRUE(made);
        EXPECT_LT(stop(**made), 2s);
    }
}

} // namespace
} // namespace malla::plugins
