// SPDX-License-Identifier: Apache-2.0
#include "malla/base/version.hpp"

#include "cli/console.hpp"
#include "cli/run.hpp"
#include "malla/base/json.hpp"

#include <string>

namespace malla::cli {

int run(const VersionCommand&, const Common& common) {
    if (common.mesh.format != Format::json) return print(std::string{"malla "}.append(library_version()).append("\n"));
    return print(*Json::object({{"name", "malla"}, {"version", library_version()}}).dump() + '\n');
}

int run(const HelpCommand& command, const Common&) { return print(command.text); }

} // namespace malla::cli
