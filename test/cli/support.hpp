// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "support/temporary_folder.hpp"

#include <map>
#include <string>
#include <utility>

namespace malla::cli {

/// An environment of just these variables.
inline Environment environment_of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string{name});
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

using test::TemporaryFolder;

} // namespace malla::cli
