// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json_merge.hpp"
#include "malla/codec/from_json.hpp"
#include "malla/codec/to_json.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace malla {

/// The member `section` of a configuration, as a `T`: what it does not have is as in `T{}`, and what
/// `T` does not have is refused, so that a misspelt name is noticed. Without a section, the whole
/// configuration, of which `T` then reads its own members only.
///
/// The status is `parameter_invalid` or `field_unknown`; its info names the place:
/// `http.port: expected a whole number, got "x"`.
template <codec::Serialisable T>
[[nodiscard]] Result<T> settings(const Json& config, std::string_view section = {}) {
    auto defaults = codec::to_json(T{});
    if (!defaults) return std::move(defaults).error();
    if (!section.empty()) {
        const Json* given = config.find(section);
        return codec::from_json<T>(given ? merge_patch(*defaults, *given) : *std::move(defaults), section);
    }
    Json own = Json::object();
    for (std::size_t i = 0; i < config.size(); ++i)
        if (const auto [name, value] = config.member(i); defaults->find(name)) own.set(name, value);
    return codec::from_json<T>(merge_patch(*defaults, own));
}

} // namespace malla
