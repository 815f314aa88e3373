// SPDX-License-Identifier: Apache-2.0
#include "malla/base/version_range.hpp"

#include <utility>

namespace malla {

namespace {

std::string version_text(std::uint64_t key) {
    return Version{static_cast<std::uint16_t>(key >> 32U), static_cast<std::uint16_t>(key >> 16U),
                   static_cast<std::uint16_t>(key)}
        .text();
}

} // namespace

Result<VersionRange> VersionRange::parse(std::string_view text) {
    if (const auto range = read(text)) return *range;
    std::string info{"'"};
    info.append(text).append(R"(' is no range of versions; write it as ">=1.2 <2", "1.4" or "=1.4.2")");
    return Status{"parameter_invalid", "version"}.set_info(std::move(info));
}

std::string VersionRange::text() const {
    if (first_ == last_) return '=' + version_text(first_);
    std::string text;
    if (first_ != 0) text = ">=" + version_text(first_);
    if (last_ == max_key) return text;
    if (!text.empty()) text += ' ';
    return text + '<' + version_text(last_ + 1);
}

} // namespace malla
