// SPDX-License-Identifier: Apache-2.0
// Calls `Echo.record` at an even pace, each time with another id, until its input ends.
//
//     load [OPTIONS OF A NODE] [--rate CALLS_PER_SECOND] [--threads N] [--limit MS] [--on NODE]
//
// Its output is one JSON object a line: of each call {"id", "began", "ended", "outcome", "status"}, of each change of
// the mesh {"node", "service", "change", "at"}, and at last {"begun"}: how many calls there were. Times are
// microseconds of the steady clock, which is the same for all processes of a machine. A thread whose call took longer
// than its turn leaves out the turns that it missed.
#include "echo/echo_api.hpp"
#include "malla/node/remote.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using malla::Clock;
using malla::Json;
using namespace std::chrono_literals;

struct Settings {
    int rate = 1000;
    int threads = 128;
    std::chrono::milliseconds limit = 1s;
    std::string on;

    Settings(int argc, char** argv) {
        for (int i = 1; i + 1 < argc; ++i) {
            const std::string_view flag = argv[i];
            if (flag == "--rate") rate = std::stoi(argv[i + 1]);
            if (flag == "--threads") threads = std::stoi(argv[i + 1]);
            if (flag == "--limit") limit = std::chrono::milliseconds{std::stoi(argv[i + 1])};
            if (flag == "--on") on = argv[i + 1];
        }
    }
};

std::int64_t microseconds(Clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

/// Whole lines, also when many threads write.
void write_line(const Json& line) {
    static std::mutex mutex;
    const std::string text = *line.dump() + '\n';
    const std::lock_guard lock{mutex};
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    (void)std::fflush(stdout);
}

void write_change(const malla::MeshChange& change) {
    Json line = Json::object();
    line.set("node", change.node_name);
    line.set("service", change.service);
    line.set("change", change.status_text());
    line.set("at", microseconds(Clock::now()));
    write_line(line);
}

void call(malla::Remote<EchoApi>& echo, const Settings& settings, const std::string& id) {
    const auto began = Clock::now();
    auto options = malla::within(settings.limit);
    options.on = settings.on;
    const auto result = echo.try_call<Record>(options, id);
    const auto ended = Clock::now();
    Json line = Json::object();
    line.set("id", id);
    line.set("began", microseconds(began));
    line.set("ended", microseconds(ended));
    line.set("outcome", result ? "answered" : malla::name_of(result.error().outcome()));
    line.set("status", result ? "ok" : result.error().id());
    write_line(line);
}

int run(malla::NodeOptions options, const Settings& settings) {
    options.hosts = false;
    malla::Node node{std::move(options)};
    const auto watch = node.watch(write_change);
    malla::Remote<EchoApi> echo{node};
    std::atomic<std::int64_t> begun = 0;
    {
        const auto start = Clock::now();
        const auto turn = std::chrono::nanoseconds{1s} / settings.rate;
        std::vector<std::jthread> threads;
        for (int i = 0; i < settings.threads; ++i)
            threads.emplace_back([&, i](const std::stop_token& ended) {
                for (auto at = start + turn * i; !ended.stop_requested(); at += turn * settings.threads) {
                    while (at < Clock::now() - turn * settings.threads) at += turn * settings.threads;
                    std::this_thread::sleep_until(at);
                    call(echo, settings, node.id().text() + '-' + std::to_string(begun++));
                }
            });
        char ignored = 0;
        while (::read(STDIN_FILENO, &ignored, 1) > 0) {
        }
    }
    Json line = Json::object();
    line.set("begun", begun.load());
    write_line(line);
    return 0;
}

} // namespace

int main(int argc, char** argv) try {
    return run(malla::options(argc, argv), Settings{argc, argv});
} catch (const std::exception& error) {
    std::cerr << "load: " << error.what() << '\n';
    return 1;
}
