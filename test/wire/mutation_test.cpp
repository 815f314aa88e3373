// SPDX-License-Identifier: Apache-2.0
#include "wire/check_frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace malla::wire {
namespace {

/// On the heap and no longer than it is, so that a sanitizer sees each byte read behind its end.
std::string fault_of(const std::string& frame) {
    const std::vector<char> exact{frame.begin(), frame.end()};
    return reading_fault({exact.data(), exact.size()});
}

class MutatedFrame : public testing::TestWithParam<golden::Sample> {
protected:
    std::string frame = golden::frame(GetParam().name);
};

TEST_P(MutatedFrame, IsReadOrRefusedWhenItIsCut) {
    for (std::size_t size = 0; size < frame.size(); ++size) EXPECT_EQ(fault_of(frame.substr(0, size)), "");
}

TEST_P(MutatedFrame, IsReadOrRefusedWhenOneByteDiffers) {
    for (std::size_t at = 0; at < frame.size(); ++at)
        for (int value = 0; value < 256; ++value) {
            std::string mutant = frame;
            mutant[at] = static_cast<char>(value);
            ASSERT_EQ(fault_of(mutant), "") << "byte " << at << " is " << value;
        }
}

TEST_P(MutatedFrame, IsReadOrRefusedAfterManyRandomChanges) {
    std::mt19937 random{20'240'601};
    const auto up_to = [&](std::size_t max) { return std::uniform_int_distribution<std::size_t>{0, max}(random); };
    for (int round = 0; round < 3000; ++round) {
        std::string mutant = frame;
        for (std::size_t change = up_to(4); change > 0 && !mutant.empty(); --change) {
            const std::size_t at = up_to(mutant.size() - 1);
            const std::size_t length = up_to(std::min<std::size_t>(mutant.size() - at, 24));
            if (up_to(1) == 0) mutant.insert(up_to(mutant.size()), mutant.substr(at, length));
            else mutant.erase(at, length);
            if (!mutant.empty()) mutant[up_to(mutant.size() - 1)] = static_cast<char>(up_to(255));
        }
        // Half of them get a header length that fits, so that the rest is read too.
        if (mutant.size() >= preamble_bytes && up_to(1) == 0)
            golden::set_header(mutant, mutant.size() - preamble_bytes);
        ASSERT_EQ(fault_of(mutant), "") << "round " << round;
    }
}

INSTANTIATE_TEST_SUITE_P(Wire, MutatedFrame, testing::ValuesIn(golden::samples()),
                         [](const auto& sample) { return sample.param.name; });

} // namespace
} // namespace malla::wire
