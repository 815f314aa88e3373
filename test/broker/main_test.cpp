// SPDX-License-Identifier: Apache-2.0
#include "discovery/mesh.hpp"
#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A running malla-broker, with what it writes.
class Process {
public:
    explicit Process(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), MALLA_BROKER);
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        std::array<int, 2> out{}, err{};
        EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
        EXPECT_EQ(::pipe2(err.data(), O_CLOEXEC), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
        EXPECT_EQ(::posix_spawn(&pid_, MALLA_BROKER, &actions, nullptr, argv.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }
    ~Process() {
        if (pid_ > 0) end(SIGKILL);
        ::close(out_);
        ::close(err_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The endpoint of its ready line; empty when there is none within ten seconds.
    std::string ready() {
        std::string line;
        char c = 0;
        pollfd readable{out_, POLLIN, 0};
        while (::poll(&readable, 1, 10'000) == 1 && ::read(out_, &c, 1) == 1 && c != '\n') line += c;
        return line.starts_with("ready ") ? line.substr(6) : std::string{};
    }
    void signal(int number) { ::kill(pid_, number); }
    /// Its exit code, or minus the signal that ended it.
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    int end(int number) {
        signal(number);
        return wait();
    }
    std::string errors() { return rest(err_); }
    std::string output() { return rest(out_); }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    static std::string rest(int fd) {
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;)
            text.append(buffer.data(), static_cast<std::size_t>(n));
        return text;
    }

    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
};

const std::string any_port = "tcp://127.0.0.1:*";

discovery::MembershipOptions with_broker(std::string endpoint) {
    discovery::MembershipOptions options;
    options.brokers = {std::move(endpoint)};
    options.hosts = true;
    return options;
}

TEST(MallaBroker, SaysWhereItServesAndEndsWithASignal) {
    for (const int signal : {SIGTERM, SIGINT}) {
        Process broker{{"--bind", any_port}};
        EXPECT_THAT(broker.ready(), StartsWith("tcp://127.0.0.1:"));
        EXPECT_EQ(broker.end(signal), 0);
        EXPECT_EQ(broker.errors(), "");
    }
}

TEST(MallaBroker, OutlivesTheEndOfItsTerminal) {
    Process broker{{"--bind", any_port}};
    ASSERT_NE(broker.ready(), "");
    broker.signal(SIGHUP);
    EXPECT_EQ(broker.end(SIGTERM), 0);
}

TEST(MallaBroker, LetsNodesMeetAndKnowsNobodyAfterARestart) {
    auto broker = std::make_unique<Process>(std::vector<std::string>{"--bind", any_port});
    const std::string endpoint = broker->ready();
    test::Node b{with_broker(endpoint)};
    {
        test::Node a{with_broker(endpoint)};
        ASSERT_TRUE(eventually([&] { return a.sees(b) && b.sees(a); }));
        broker->end(SIGKILL);
    }
    broker = std::make_unique<Process>(std::vector<std::string>{"--bind", endpoint});
    ASSERT_EQ(broker->ready(), endpoint);
    ASSERT_TRUE(eventually([&] { return b.membership->unreachable().empty(); }));
    test::Node c{with_broker(endpoint)};

    EXPECT_TRUE(eventually([&] { return c.sees(b) && b.sees(c); }));
    EXPECT_EQ(c.membership->directory().read([](const auto& each) { return each.size(); }), 2u);
}

TEST(MallaBroker, RelaysCallsUnlessItIsToldNotTo) {
    const auto path = std::filesystem::temp_directory_path() / ("broker-" + NodeId::random().text() + ".toml");
    std::ofstream{path} << "no-relay = true\n";
    const std::vector<std::pair<std::vector<std::string>, std::size_t>> brokers{
        {{"--bind", any_port}, 1},
        {{"--bind", any_port, "--no-relay"}, 0},
        {{"--bind", any_port, "--config", path}, 0},
    };
    for (const auto& [arguments, relays] : brokers) {
        Process broker{arguments};
        test::Node node{with_broker(broker.ready())};
        ASSERT_TRUE(node.membership->wait_joined(Deadline::in(std::chrono::seconds{60})));
        EXPECT_EQ(node.membership->relays().size(), relays) << arguments.back();
    }
    std::filesystem::remove(path);
}

TEST(MallaBroker, SaysWhoHoldsThePort) {
    Process first{{"--bind", any_port}};
    const std::string endpoint = first.ready();
    Process second{{"--bind", endpoint}};

    EXPECT_EQ(second.wait(), 6);
    const std::string errors = second.errors();
    EXPECT_THAT(errors, HasSubstr(endpoint));
    EXPECT_THAT(errors, HasSubstr("malla-broker (process " + std::to_string(first.pid()) + ")"));
    EXPECT_EQ(second.output(), "");
}

TEST(MallaBroker, RefusesWhatItDoesNotUnderstand) {
    const std::vector<std::vector<std::string>> mistakes{
        {"--bogus"},
        {"--bind"},
        {"--bind", "nonsense"},
        {"--pub-port", "70000"},
        {"surplus"},
        {"--log-format", "xml"},
        {"--config", "/nonexistent"},
        {"--secret-file", "one", "--key-file", "other"},
    };
    for (const auto& arguments : mistakes) {
        Process broker{arguments};
        EXPECT_EQ(broker.wait(), 2) << arguments.front();
        EXPECT_THAT(broker.errors(), StartsWith("malla-broker: "));
    }
}

TEST(MallaBroker, WillNotServeOtherMachinesWithoutCredentials) {
    Process guarded{{"--bind", "tcp://0.0.0.0:*"}};
    EXPECT_EQ(guarded.wait(), 5);
    EXPECT_THAT(guarded.errors(), HasSubstr("--insecure"));

    Process insecure{{"--bind", "tcp://0.0.0.0:*", "--insecure"}};
    EXPECT_NE(insecure.ready(), "");
    EXPECT_EQ(insecure.end(SIGTERM), 0);
}

TEST(MallaBroker, TakesItsCredentialsFromTheEnvironment) {
    const test::TemporaryFolder folder;
    const auto secret = folder.path() / "secret";
    std::ofstream{secret} << std::string(32, 's');
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    ::setenv("MALLA_SECRET_FILE", secret.c_str(), 1);
    Process broker{{"--bind", "tcp://0.0.0.0:*"}};
    ::unsetenv("MALLA_SECRET_FILE");

    EXPECT_THAT(broker.ready(), StartsWith("tcp://0.0.0.0:"));
}

class ConfigTest : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(ConfigTest, IsReadFromAFileAndTheCommandLineWins) {
    const auto path = std::filesystem::temp_directory_path() / ("broker-" + NodeId::random().text() + GetParam().first);
    std::ofstream{path} << GetParam().second;
    Process one{{"--config", path}};
    EXPECT_THAT(one.ready(), StartsWith("tcp://127.0.0.3:"));
    Process other{{"--config", path, "--bind", any_port}};
    EXPECT_THAT(other.ready(), StartsWith("tcp://127.0.0.1:"));
    std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ConfigTest,
    ::testing::Values(std::pair{".toml", "bind = [\"tcp://127.0.0.3:*\"]\ncluster = \"x\"\nlog-format = \"json\"\n"},
                      std::pair{".json", R"({"bind": "tcp://127.0.0.3:*", "cluster": "x", "pub-port": 0})"}));

TEST(MallaBrokerConfig, NamesTheKeyThatIsWrong) {
    const auto path = std::filesystem::temp_directory_path() / ("broker-" + NodeId::random().text() + ".toml");
    std::ofstream{path} << "blind = \"tcp://127.0.0.1:1\"\n";
    Process broker{{"--config", path}};
    EXPECT_EQ(broker.wait(), 2);
    EXPECT_THAT(broker.errors(), HasSubstr("'blind'"));
    std::filesystem::remove(path);
}

TEST(MallaBroker, RefusesAClusterThatNobodyCanName) {
    Process broker{{"--bind", "tcp://127.0.0.1:*", "--cluster", "a\x1b"}};
    EXPECT_EQ(broker.wait(), 2);
    EXPECT_THAT(broker.errors(), HasSubstr("the cluster name is not printable"));
}

TEST(MallaBroker, FailsWhereItCannotWriteWhatItSays) {
    for (const std::string words : {"--bind tcp://127.0.0.1:*", "--version", "--help"}) {
        const std::string command = std::string{"timeout 20 "} + MALLA_BROKER + ' ' + words + " 2>/dev/null >/dev/full";
        const int status = std::system(command.c_str());
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 1) << words;
    }
}

TEST(MallaBroker, ExplainsItself) {
    Process help{{"--help"}};
    EXPECT_EQ(help.wait(), 0);
    EXPECT_THAT(help.output(), HasSubstr("Examples:"));
    Process version{{"--version"}};
    EXPECT_EQ(version.wait(), 0);
    EXPECT_THAT(version.output(), StartsWith("malla-broker "));
}

} // namespace
} // namespace malla
