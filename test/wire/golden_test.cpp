// SPDX-License-Identifier: Apache-2.0
#include "wire/golden.hpp"

#include <gtest/gtest.h>

#include <set>

namespace malla::wire {
namespace {

class GoldenFrame : public testing::TestWithParam<golden::Sample> {};

TEST_P(GoldenFrame, IsWhatEncodeWrites) {
    EXPECT_EQ(golden::encode_any(GetParam().message), golden::frame(GetParam().name));
}

TEST_P(GoldenFrame, IsReadAsTheMessage) {
    const std::string frame = golden::frame(GetParam().name);

    const auto message = decode(frame);

    ASSERT_TRUE(message) << message.error().text();
    EXPECT_EQ(*message, GetParam().message);
}

TEST_P(GoldenFrame, IsQuotedByTheDocument) {
    const std::string document = golden::file_text(golden::folder() / "../../../docs/wire.md");
    const std::string file = golden::file_text(golden::folder() / (GetParam().name + ".hex"));

    const std::string quote = "`" + GetParam().name + ".hex`\n\n```\n" + file + "```\n";
    EXPECT_NE(document.find(quote), std::string::npos) << "docs/wire.md lacks\n" << quote;
}

INSTANTIATE_TEST_SUITE_P(Wire, GoldenFrame, testing::ValuesIn(golden::samples()),
                         [](const auto& sample) { return sample.param.name; });

TEST(GoldenFrames, EachFileHasASampleAndEachTypeAFile) {
    std::set<std::string> expected;
    std::set<std::size_t> types;
    for (const auto& [name, message] : golden::samples()) {
        expected.insert(name + ".hex");
        types.insert(message.index());
    }

    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{golden::folder()})
        found.insert(entry.path().filename().string());

    EXPECT_EQ(found, expected);
    EXPECT_EQ(types.size(), std::variant_size_v<Message> - 1) << "all but Unrecognised";
}

} // namespace
} // namespace malla::wire
