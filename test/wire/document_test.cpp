// SPDX-License-Identifier: Apache-2.0
#include "malla/base/status.hpp"
#include "wire/golden.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace malla::wire {
namespace {

const std::filesystem::path document_path = golden::folder() / "../../../docs/wire.md";

TEST(Document, HasTheStatusesAsTheTableHasThem) {
    const std::string document = golden::file_text(document_path);
    const std::regex row{R"(\| `([a-z_]+)` \| ([0-9]+) \| (answered|not_run|unknown) \|)"};

    int rows = 0;
    for (std::sregex_iterator each{document.begin(), document.end(), row}, end; each != end; ++each, ++rows) {
        const std::string id = (*each)[1];
        EXPECT_EQ(status_entry(id).id, id);
        EXPECT_EQ(std::to_string(status_entry(id).code), (*each)[2]) << id;
        EXPECT_EQ(name_of(status_entry(id).outcome), (*each)[3].str()) << id;
    }
    EXPECT_GE(rows, 50);
}

TEST(Document, HasEveryStatusOfTheTableWithItsSentenceAndKey) {
    const std::string document = golden::file_text(document_path);
    const auto table = status_table();

    for (const StatusEntry& entry : table.first(table.size() - 1)) {
        const Status status{entry.id, "…"};
        const std::string sentence =
            entry.text.find("{}") == std::string_view::npos ? std::string{entry.text} : status.info();
        std::string row = "| `" + std::string{entry.id} + "` | " + std::to_string(entry.code) + " | " +
                          std::string{name_of(entry.outcome)} + " | " + sentence + " |";
        if (!entry.field.empty()) row.append(" `").append(entry.field).append("`");
        row.append(" |\n");
        EXPECT_NE(document.find(row), std::string::npos) << row;
    }
}

TEST(Document, HasTheNumberOfEachType) {
    const std::string document = golden::file_text(document_path);

    for (int number = 0; number < 256; ++number) {
        const std::string_view name = name_of(static_cast<Type>(number));
        if (name.empty()) continue;
        const std::string digits = "0123456789abcdef";
        const std::string hex{'0', 'x', digits[static_cast<std::size_t>(number) / 16],
                              digits[static_cast<std::size_t>(number) % 16]};
        EXPECT_NE(document.find("| " + hex + " | " + std::string{name} + " |"), std::string::npos) << name;
    }
}

} // namespace
} // namespace malla::wire
