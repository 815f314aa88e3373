// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/writer.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {

std::size_t allocated_bytes = 0;
std::size_t allocations = 0;

} // namespace

void* operator new(std::size_t size) {
    allocated_bytes += size;
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace malla::wire {
namespace {

TEST(Allocation, ACallTakesOneToWriteAndNoneToRead) {
    const Call call = golden::call();

    std::size_t before = allocations;
    const auto frame = encode(call);
    EXPECT_EQ(allocations - before, 1U);

    before = allocations;
    const auto read = decode_call(*frame);
    EXPECT_EQ(allocations - before, 0U);
    EXPECT_TRUE(read);
}

TEST(Allocation, ACallWithASmallBodyBehindItsHeaderTakesOne) {
    const std::size_t before = allocations;
    std::string out;
    ASSERT_TRUE(encode_header(out, golden::call()));
    out.append("16 bytes of body");
    EXPECT_EQ(allocations - before, 1U);
}

std::string field(char tag, const std::string& value) {
    std::string bytes(5, '\0');
    bytes[0] = tag;
    store(bytes.data() + 1, static_cast<std::uint32_t>(value.size()));
    return bytes + value;
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    while (times-- > 0) all += text;
    return all;
}

/// The golden frame with more fields at the end of its header.
std::string stuffed(const std::string& name, const std::string& fields) {
    std::string frame = golden::frame(name) + fields;
    golden::set_header(frame, frame.size() - preamble_bytes);
    return frame;
}

TEST(Allocation, ReadingTakesASmallMultipleOfTheFrame) {
    const std::string service = "\1s" + std::string(17, '\0'); // the shortest that is legal
    const std::string callbacks = repeated(field(1, "\1c"), max_callbacks);
    const std::string pairs = repeated(field(1, "\1k"), max_pairs - 1);
    const std::vector<std::string> frames{stuffed("announce", repeated(field(3, service), max_services - 1)),
                                          stuffed("announce", repeated(field(3, service + callbacks), 30)),
                                          stuffed("failure", pairs), golden::frame("listing")};
    for (const auto& frame : frames) {
        const std::size_t before = allocated_bytes;
        const auto message = decode(frame);
        const std::size_t taken = allocated_bytes - before;

        EXPECT_TRUE(message) << message.error().text();
        EXPECT_LE(taken, 32 * frame.size()) << "for a frame of " << frame.size();
        EXPECT_GT(taken, 0U);
    }
}

} // namespace
} // namespace malla::wire
