// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/discovery/finder.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace malla {

/// Takes the URLs of finders out of `peers`. Who makes them is in `linked_in`, by scheme, or in a file SCHEME.so, whose
/// manifest is checked before it is loaded. `endpoint_invalid` for a scheme that nobody knows, with where it was
/// looked for; what the manifest is refused with.
[[nodiscard]] Result<std::vector<discovery::FinderSource>>
take_finders(std::vector<std::string>& peers,
             const std::map<std::string, discovery::FinderFactory, std::less<>>& linked_in);

/// The folders in which plugins are that were built or installed with this program or with libmalla.
[[nodiscard]] std::vector<std::filesystem::path> plugin_folders();

} // namespace malla
