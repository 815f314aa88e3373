// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "malla/service/context.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// What a process that answers a call finds in its environment, as NAME=VALUE: MALLA_SERVICE, MALLA_CALLBACK,
/// MALLA_CALLER, MALLA_IDENTITY, MALLA_REQUEST_ID, TRACEPARENT where the call is traced, and MALLA_META_KEY for each of
/// its metadata, in capitals, with `_` for what is neither letter nor digit. A value with a NUL inside is left out.
[[nodiscard]] std::vector<std::string> call_environment(const Target& target, const CallInfo& info,
                                                        std::string_view traceparent);

/// Has the processes that this one starts find the mesh where these options do, and nothing of a call that this process
/// itself may answer. Before there are other threads.
void set_environment(const MeshOptions& mesh);

} // namespace malla::cli
