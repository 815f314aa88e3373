// SPDX-License-Identifier: Apache-2.0
// One call at a time between two processes through the typed API: what a user of libmalla pays.
//
//   remote_call serve               hosts a serial service; prints its endpoint; until SIGTERM
//   remote_call call ENDPOINT N     makes N calls with a 16-byte body; prints p50 and p99 in µs
#include "malla/node/remote.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct Sum : malla::Callback<"sum(a, b)", double(double, double)> {}; // two doubles: 16 bytes
struct BenchApi : malla::Api<"Bench", Sum> {};
struct Bench : malla::Service<BenchApi> {
    double on(Sum, double a, double b) { return a + b; }
};

malla::NodeOptions options() {
    malla::NodeOptions options;
    options.loopback.clear();
    return options;
}

int serve() {
    malla::Node node{options()};
    node.start<Bench>();
    std::cout << node.endpoint() << std::endl;
    return node.run();
}

int call(const std::string& endpoint, int count) {
    malla::NodeOptions joining = options();
    joining.hosts = false;
    joining.peers = {endpoint};
    malla::Node node{joining};
    malla::Remote<BenchApi> bench{node};
    for (int i = 0; i < count / 10; ++i) bench.call<Sum>(malla::within(15s), i, 1); // warm
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const auto began = malla::Clock::now();
        const double sum = bench.call<Sum>(malla::within(15s), i, 1);
        times.push_back(std::chrono::duration<double, std::micro>(malla::Clock::now() - began).count());
        if (sum != i + 1) return 1;
    }
    std::ranges::sort(times);
    std::cout << times[times.size() / 2] << ' ' << times[times.size() * 99 / 100] << std::endl;
    return 0;
}

} // namespace

int main(int argc, char** argv) try {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "serve") return serve();
    if (mode == "call" && argc == 4) return call(argv[2], std::atoi(argv[3]));
    std::cerr << "usage: remote_call serve | remote_call call ENDPOINT N\n";
    return 2;
} catch (const malla::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
