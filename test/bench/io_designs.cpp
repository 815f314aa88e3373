// SPDX-License-Identifier: Apache-2.0
// Compares ways to use a socket, each client in this process against a server in another one, with
// bare libzmq (echo_peer, which lies beside this program) as the measure.
//
//   bench_io_designs [ROUNDS [CALLS]]   prints a table of medians; each ratio is taken within a
//                                       round, so that a busy machine disturbs both sides of it
#include "bench/io_designs_clients.hpp"
#include "bench/io_designs_servers.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace malla::bench {
namespace {

double microseconds(Clock::duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

double per_millisecond(std::size_t count, Clock::duration duration) {
    return 1000.0 * static_cast<double>(count) / microseconds(duration);
}

std::string folder() {
    std::array<char, 4096> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string whole{path.data(), static_cast<std::size_t>(size)};
    return whole.substr(0, whole.rfind('/') + 1);
}

/// A server in another process, which prints its endpoint first.
class Server {
public:
    Server(const std::string& program, const char* mode) {
        int ends[2];
        if (::pipe(ends) != 0) std::abort();
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execl(program.c_str(), program.c_str(), mode, nullptr);
            std::_Exit(127);
        }
        ::close(ends[1]);
        for (char letter = 0; ::read(ends[0], &letter, 1) == 1 && letter != '\n';) endpoint += letter;
        ::close(ends[0]);
    }
    ~Server() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string endpoint;

private:
    pid_t process_;
};

/// What a design did in one round.
struct Figures {
    double p50_us = 0;
    double window = 0;
    std::array<double, 2> threads{};
};
constexpr std::array<std::size_t, 2> thread_counts{4, 16};
constexpr std::size_t window_size = 64;

template <class Call>
double median_call(std::size_t calls, Call call) {
    std::vector<double> took(calls);
    for (auto& sample : took) {
        const auto start = Clock::now();
        call();
        sample = microseconds(Clock::now() - start);
    }
    std::ranges::nth_element(took, took.begin() + static_cast<std::ptrdiff_t>(calls / 2));
    return took[calls / 2];
}

double rate_in_threads(std::size_t calls, const std::vector<std::function<void()>>& callers) {
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (const auto& call : callers) {
        threads.emplace_back([&call, each = calls / callers.size()] {
            for (std::size_t i = 0; i < each; ++i) call();
        });
    }
    for (auto& thread : threads) thread.join();
    return per_millisecond(calls, Clock::now() - start);
}

double rate_in_window(std::size_t calls, OwnSocket& client) {
    const auto start = Clock::now();
    for (std::size_t sent = 0, received = 0; received < calls; received += client.receive()) {
        for (; sent < calls && sent < received + window_size; ++sent) client.send();
    }
    return per_millisecond(calls, Clock::now() - start);
}

Figures bare(const std::string& endpoint, std::size_t calls) {
    const auto run = [&](const std::string& mode, std::size_t count, const std::string& more) {
        const auto command = folder() + "echo_peer " + mode + ' ' + endpoint + " 16 " + std::to_string(count) + more;
        FILE* const output = ::popen(command.c_str(), "r");
        double figure = 0;
        if (output == nullptr || std::fscanf(output, "%lf", &figure) != 1) std::abort();
        ::pclose(output);
        return figure;
    };
    return {run("one", calls, ""),
            run("window", 20 * calls, " 64"),
            {run("threads", 2 * calls, " 4"), run("threads", 2 * calls, " 16")}};
}

Figures own(const std::string& endpoint, std::size_t calls) {
    OwnSocket client{endpoint};
    Figures figures{median_call(calls, [&] { client.call(); }), rate_in_window(20 * calls, client), {}};
    for (std::size_t i = 0; i < thread_counts.size(); ++i) {
        std::vector<std::unique_ptr<OwnSocket>> clients;
        std::vector<std::function<void()>> callers;
        for (std::size_t n = 0; n < thread_counts[i]; ++n) {
            auto& each = *clients.emplace_back(std::make_unique<OwnSocket>(endpoint));
            callers.emplace_back([&each] { each.call(); });
        }
        figures.threads[i] = rate_in_threads(2 * calls, callers);
    }
    return figures;
}

/// One client for all threads. The window is that of `own`: from one thread it is the same.
template <class Client>
Figures common(const std::string& endpoint, std::size_t calls) {
    Client client{endpoint};
    OwnSocket alone{endpoint};
    Figures figures{median_call(calls, [&] { client.call(); }), rate_in_window(20 * calls, alone), {}};
    for (std::size_t i = 0; i < thread_counts.size(); ++i) {
        const std::vector<std::function<void()>> callers(thread_counts[i], [&] { client.call(); });
        figures.threads[i] = rate_in_threads(2 * calls, callers);
    }
    return figures;
}

struct Design {
    const char* name;
    Figures (*run)(const std::string& endpoint, std::size_t calls);
    const char* server;
};
constexpr std::array designs{
    Design{"bare libzmq, a socket a thread", bare, "server"},
    Design{"own socket, inline handler", own, "inline"},
    Design{"shared socket, inline handler", common<SharedSocket>, "inline"},
    Design{"queue to I/O thread, inline handler", common<QueueToThread>, "inline"},
    Design{"shared socket, pool of workers", common<SharedSocket>, "pool"},
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// One column of the table: the median, and the median ratio to the first design of the round.
void print(const std::vector<Figures>& mine, const std::vector<Figures>& measure,
           const std::function<double(const Figures&)>& figure) {
    std::vector<double> values;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < mine.size(); ++i) {
        values.push_back(figure(mine[i]));
        ratios.push_back(figure(mine[i]) / figure(measure[i]));
    }
    std::printf(" %.1f (%.2f) |", median(values), median(ratios));
}

int compare(std::size_t rounds, std::size_t calls) {
    std::array<std::vector<Figures>, designs.size()> results;
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < designs.size(); ++i) {
            const bool is_bare = i == 0;
            const Server server{folder() + (is_bare ? "echo_peer" : "bench_io_designs"), designs[i].server};
            results[i].push_back(designs[i].run(server.endpoint, calls));
        }
    }
    std::printf(
        "| design | 16 B p50 us | window 64, k/s | 4 threads, k/s | 16 threads, k/s |\n|---|---|---|---|---|\n");
    for (std::size_t i = 0; i < designs.size(); ++i) {
        std::printf("| %s |", designs[i].name);
        print(results[i], results[0], [](const Figures& figures) { return figures.p50_us; });
        print(results[i], results[0], [](const Figures& figures) { return figures.window; });
        print(results[i], results[0], [](const Figures& figures) { return figures.threads[0]; });
        print(results[i], results[0], [](const Figures& figures) { return figures.threads[1]; });
        std::printf("\n");
    }
    return 0;
}

[[noreturn]] void serve(bool in_pool) {
    const auto router = *Socket::open(Pattern::router);
    std::printf("%s\n", router->bind("tcp://127.0.0.1:*")->c_str());
    std::fflush(stdout);
    if (in_pool) Pool{*router}.serve();
    serve_inline(*router);
}

} // namespace
} // namespace malla::bench

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "7";
    if (mode == "inline" || mode == "pool") malla::bench::serve(mode == "pool");
    const auto rounds = std::strtoul(mode.c_str(), nullptr, 10);
    const auto calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 2000;
    if (rounds == 0 || calls < 16) {
        std::fprintf(stderr, "usage: bench_io_designs [ROUNDS [CALLS]]\n");
        return 2;
    }
    return malla::bench::compare(rounds, calls);
}
