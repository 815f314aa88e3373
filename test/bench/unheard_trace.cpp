// SPDX-License-Identifier: Apache-2.0
// What a span and a log line cost that nobody hears of, for unheard_trace.py to count.
//
//   bench_unheard_trace nothing|span|log TIMES
//
// Ends with 1 when one of them allocates.
#include "malla/service/live_service.hpp"
#include "malla/service/trace.hpp"

#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

namespace {

struct Double : malla::Callback<"double(x)", double(double)> {};
struct DoublesApi : malla::Api<"Doubles", Double> {};
struct Doubles : malla::Service<DoublesApi> {
    double on(Double, double x) { return 2 * x; }
};

std::size_t allocations = 0;

volatile double input = 3;
volatile double output = 0;

[[gnu::noinline]] void double_times(int times) {
    for (int i = 0; i < times; ++i) output = 2 * input;
}

[[gnu::noinline]] void double_in_span(int times) {
    for (int i = 0; i < times; ++i) {
        const malla::Span span{"double", {{"input", i}, {"unit", "m"}}};
        output = 2 * input;
    }
}

[[gnu::noinline]] void double_with_line(int times) {
    for (int i = 0; i < times; ++i) {
        malla::trace::debug([&] { return "doubles " + std::to_string(i); });
        output = 2 * input;
    }
}

} // namespace

// Not inlined: g++ would take the pair of one of them and a library function for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string_view what = argv[1];
    malla::LiveService<Doubles> service;
    if (!service.control().start({})) return 2;
    const malla::Frame frame{service, nullptr, nullptr};
    const std::size_t before = allocations;
    if (what == "span") double_in_span(std::atoi(argv[2]));
    else if (what == "log") double_with_line(std::atoi(argv[2]));
    else double_times(std::atoi(argv[2]));
    return allocations == before ? 0 : 1;
}
