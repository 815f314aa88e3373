// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace malla::cli {

namespace {

constexpr std::size_t max_length = 200; // of names worth comparing: a word may be a megabyte

std::string lower(std::string_view text) {
    std::string copy{text};
    for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return copy;
}

/// Letters to add, drop or change, two swapped neighbours counting as two.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    if (word.size() < 2 || word.size() > max_length) return std::nullopt;
    const std::string wanted = lower(word);
    const std::string* best = nullptr;
    const std::string* begun = nullptr;
    std::size_t beginnings = 0;
    std::size_t least = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > max_length) continue;
        const std::string name = lower(candidate);
        if (name.starts_with(wanted)) begun = &candidate, ++beginnings;
        const std::size_t far = distance(wanted, name);
        if (far >= least) continue;
        least = far;
        best = &candidate;
    }
    if (beginnings == 1) return *begun;
    if (best != nullptr) return *best;
    return std::nullopt;
}

} // namespace malla::cli
