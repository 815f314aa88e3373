// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/call.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace malla::wire {
namespace {

constexpr std::string_view body = "0123456789abcdef";

Call call_of(const NodeId& origin, const NodeId& target) {
    Call call;
    call.id = 1;
    call.origin = origin;
    call.target = target;
    call.remaining_us = 15'000'000;
    call.stamp_us = 1'000'000;
    call.service = "Calculator";
    call.callback = "calculate";
    call.body = body;
    return call;
}

void encode_a_call(benchmark::State& state) {
    const Call call = call_of(NodeId::random(), NodeId::random());
    for (auto _ : state) benchmark::DoNotOptimize(encode(call));
}
BENCHMARK(encode_a_call);

void encode_a_call_into_a_buffer(benchmark::State& state) {
    const Call call = call_of(NodeId::random(), NodeId::random());
    std::string out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(encode_header(out, call));
        out.append(body);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(encode_a_call_into_a_buffer);

void decode_a_call(benchmark::State& state) {
    const std::string frame = *encode(call_of(NodeId::random(), NodeId::random()));
    for (auto _ : state) benchmark::DoNotOptimize(decode_call(frame));
}
BENCHMARK(decode_a_call);

void encode_and_decode_a_call(benchmark::State& state) {
    const Call call = call_of(NodeId::random(), NodeId::random());
    for (auto _ : state) {
        const auto frame = encode(call);
        benchmark::DoNotOptimize(decode_call(*frame));
    }
}
BENCHMARK(encode_and_decode_a_call);

void encode_and_decode_a_reply(benchmark::State& state) {
    const Reply reply{1, Content::binary, body};
    for (auto _ : state) {
        const std::string frame = encode(reply);
        benchmark::DoNotOptimize(decode_reply(frame));
    }
}
BENCHMARK(encode_and_decode_a_reply);

} // namespace
} // namespace malla::wire
