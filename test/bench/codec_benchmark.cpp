// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/call.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

using malla::Json;
namespace codec = malla::codec;

void two_doubles_binary(benchmark::State& state) {
    double a = 2.5;
    for (auto _ : state) {
        std::string body;
        codec::encode_arguments_binary(body, a, a);
        auto read = codec::decode_arguments_binary<double, double>(body);
        a = std::get<0>(*read) + 1;
        benchmark::DoNotOptimize(a);
    }
}
BENCHMARK(two_doubles_binary);

struct Point {
    double x = 1;
    double y = 2;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("x", x), malla::field("y", y));
    }
};

void record_of_two_doubles_binary(benchmark::State& state) {
    Point point;
    for (auto _ : state) {
        std::string body;
        codec::encode_arguments_binary(body, point);
        auto read = codec::decode_arguments_binary<Point>(body);
        point.x = std::get<0>(*read).y;
        benchmark::DoNotOptimize(point);
    }
}
BENCHMARK(record_of_two_doubles_binary);

constexpr std::size_t large = 64 * 1024;

/// What encoding and decoding cannot do without: each copies once, into memory that is ready.
void copy_64_kib_twice(benchmark::State& state) {
    const std::string source(large, 'x');
    std::string body(large, '\0');
    std::string target(large, '\0');
    for (auto _ : state) {
        std::memcpy(body.data(), source.data(), large);
        benchmark::ClobberMemory();
        std::memcpy(target.data(), body.data(), large);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * large));
}
BENCHMARK(copy_64_kib_twice);

template <class T>
void sized_64_kib_binary(benchmark::State& state) {
    const T source(large / sizeof(typename T::value_type), typename T::value_type{});
    std::string body;
    for (auto _ : state) {
        body.clear();
        codec::encode_arguments_binary(body, source);
        auto read = codec::decode_arguments_binary<T>(body);
        benchmark::DoNotOptimize(std::get<0>(*read).data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * large));
}
BENCHMARK(sized_64_kib_binary<std::string>);
BENCHMARK(sized_64_kib_binary<std::vector<std::byte>>);
BENCHMARK(sized_64_kib_binary<std::vector<double>>);

void json_parse_and_dump(benchmark::State& state, std::string_view text) {
    for (auto _ : state) benchmark::DoNotOptimize(Json::parse(text)->dump());
}
BENCHMARK_CAPTURE(json_parse_and_dump, number, "2.5");
BENCHMARK_CAPTURE(json_parse_and_dump, arguments, R"(["add",2,3])");
BENCHMARK_CAPTURE(json_parse_and_dump, object, R"({"op":"add","a":2,"b":[1,2,3]})");

/// What `malla call -` and the service it calls do for each line.
void json_double_to_double(benchmark::State& state) {
    constexpr std::array<std::string_view, 1> names{"x"};
    std::string out;
    for (auto _ : state) {
        auto arguments = codec::decode_arguments_json<double>("[1234.5]", names);
        out.clear();
        benchmark::DoNotOptimize(codec::encode_result_json(out, std::get<0>(*arguments) * 2));
    }
}
BENCHMARK(json_double_to_double);

} // namespace
