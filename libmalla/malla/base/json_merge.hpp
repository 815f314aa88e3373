// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

namespace malla {

/// `target` changed by `patch`, as a JSON merge patch does it (https://www.rfc-editor.org/rfc/rfc7396):
/// objects are merged member by member, null takes a member out, anything else replaces.
[[nodiscard]] Json merge_patch(const Json& target, const Json& patch);

/// One patch that does to `target` what `first` and then `second` do.
[[nodiscard]] Json combine_patches(const Json& target, const Json& first, const Json& second);

} // namespace malla
