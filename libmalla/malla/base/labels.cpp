// SPDX-License-Identifier: Apache-2.0
#include "malla/base/labels.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace malla {

namespace {

struct AsText {
    std::string operator()(std::string_view text) const { return std::string{text}; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(auto number) const {
        std::array<char, 32> digits; // the longest double takes 24
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return {digits.data(), end};
    }
};

} // namespace

std::string LabelValue::text() const { return std::visit(AsText{}, value_); }

const LabelValue* Labels::find(std::string_view key) const noexcept {
    const Label* found = std::ranges::find(begin(), end(), key, &Label::key);
    return found == end() ? nullptr : &found->value;
}

void append_text(std::string& out, const Labels& labels) {
    for (const Label& label : labels) out.append(" ").append(label.key).append("=").append(label.value.text());
}

} // namespace malla
