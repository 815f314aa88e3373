// SPDX-License-Identifier: Apache-2.0
#include "codec/samples.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <functional>
#include <new>

// Counts what is allocated, in this program only. The tests have one thread.
namespace {

std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

} // namespace

void* operator new(std::size_t size) {
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc{};
    live_bytes += malloc_usable_size(memory);
    peak_bytes = std::max(peak_bytes, live_bytes);
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace malla::codec {
namespace {

using namespace shapes;

/// The most memory that was in use at once while `work` ran.
std::size_t peak_of(const std::function<void()>& work) {
    const std::size_t before = live_bytes;
    peak_bytes = live_bytes;
    work();
    return peak_bytes - before;
}

template <class T>
void expect_bounded(std::string_view body) {
    const std::size_t limit = 32 * body.size() + 64 * 1024;
    EXPECT_LE(peak_of([&] { (void)decode_result_binary<T>(body); }), limit) << "binary " << typeid(T).name();
    EXPECT_LE(peak_of([&] { (void)decode_result_json<T>(body); }), limit)
        << "JSON " << typeid(T).name() << " " << body.substr(0, 20);
}

std::string count(std::uint64_t number) {
    std::string bytes;
    encode_result_binary(bytes, number);
    return bytes;
}

/// `item` again and again, as a JSON array of about `size` bytes.
std::string array_of(std::string_view item, std::size_t size) {
    std::string text = "[";
    while (text.size() < size) text.append(item).append(",");
    return text.append(item).append("]");
}

struct Wide {
    std::array<std::optional<std::array<double, 10>>, 10> all;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("all", all));
    }
};

struct Sparse {
    std::optional<std::array<double, 100>> one;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("one", one));
    }
};

template <class... Ts>
void expect_all_bounded(std::string_view body) {
    (expect_bounded<Ts>(body), ...);
}

void expect_bounded_for_every_type(std::string_view body) {
    expect_all_bounded<std::string, std::vector<std::byte>, Json, std::vector<Json>, std::vector<bool>,
                       std::vector<int>, std::vector<double>, std::vector<std::string>,
                       std::vector<std::vector<std::vector<double>>>, std::vector<Nothing>, std::vector<Wide>,
                       std::vector<Sparse>, std::vector<Figure>, Tree, Derived, std::set<int>,
                       std::unordered_set<std::string>, std::map<std::string, Json>, std::map<int, Sparse>,
                       std::unordered_map<std::string, std::vector<int>>, std::optional<std::vector<Wide>>,
                       std::tuple<std::string, std::vector<Point>>>(body);
}

TEST(Memory, StaysBoundedForCountsThatAreTooLarge) {
    for (const std::uint64_t number : {1ULL << 30, 1ULL << 31, 1ULL << 40, 1ULL << 61, 1ULL << 63, ~0ULL}) {
        expect_bounded_for_every_type(count(number));
        expect_bounded_for_every_type("\1" + count(number) + std::string(100, '\0'));
        expect_bounded_for_every_type(count(1) + count(number) + std::string(100, '\0'));
    }
}

TEST(Memory, StaysBoundedForLargestCountsThatFit) {
    constexpr std::size_t size = 1 << 16;
    for (const std::size_t divisor : {1U, 2U, 4U, 8U, 16U, 32U, 80U}) {
        for (const char fill : {'\0', '\1'}) {
            std::string body = count((size - 8) / divisor);
            body.resize(size, fill);
            expect_bounded_for_every_type(body);
        }
    }
}

TEST(Memory, StaysBoundedForNestedCountsThatFit) {
    constexpr std::size_t size = 1 << 16;
    std::string body;
    while (body.size() + 8 < size) body += count((size - body.size()) / 8 - 1);
    expect_bounded_for_every_type(body);
}

TEST(Memory, StaysBoundedForJsonOfManySmallValues) {
    for (const std::string_view item :
         {"0", "{}", "[]", "\"\"", "\"a\"", "[0]", "[[]]", "{\"\":0}", "{\"a\":{}}", "null", "[0,0]", "[0,0,0]",
          "{\"one\":null}", "{\"value\":0,\"branches\":[]}", "1.5"}) {
        // Just behind a power of two, arrays that grow by doubling are at their emptiest.
        for (const std::size_t size : {1U << 16, (1U << 16) + 512, 3U << 15})
            expect_bounded_for_every_type(array_of(item, size));
    }
}

TEST(Memory, StaysBoundedForObjectsOfManyMembers) {
    std::string text = "{";
    for (int i = 0; i < 10'000; ++i) text.append("\"").append(std::to_string(i)).append("\":0,");
    text += "\"\":0}";
    expect_bounded_for_every_type(text);
}

TEST(Memory, StaysBoundedForAJsonTextInABinaryBody) {
    for (const std::string_view item : {"0", "{}", "{\"\":0}"}) {
        std::string body;
        encode_result_binary(body, array_of(item, 1 << 17));
        expect_bounded<Json>(body);
        expect_bounded<std::vector<Json>>(count(1) + body);
    }
}

TEST(Memory, StaysBoundedForLongStrings) {
    expect_bounded_for_every_type("\"" + std::string(1 << 18, 'A') + "\"");
    std::string body;
    encode_result_binary(body, std::string(1 << 18, 'A'));
    expect_bounded_for_every_type(body);
}

TEST(Memory, RefusesRatherThanTakesTooMuchForEmptyElements) {
    EXPECT_TRUE(decode_result_binary<std::vector<Nothing>>(count(1000)));
    EXPECT_FALSE(decode_result_binary<std::vector<Nothing>>(count(1'000'000)));
    EXPECT_FALSE(decode_result_binary<std::vector<Sparse>>(count(100'000) + std::string(100'000, '\1')));
}

} // namespace
} // namespace malla::codec
