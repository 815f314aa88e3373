// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

namespace malla::cli {

// One for each command. Each gives the code that the process ends with.

[[nodiscard]] int run(const HelpCommand& command, const Common& common);
[[nodiscard]] int run(const VersionCommand& command, const Common& common);
[[nodiscard]] int run(const KeygenCommand& command, const Common& common);
[[nodiscard]] int run(const CallCommand& command, const Common& common);
[[nodiscard]] int run(const LsCommand& command, const Common& common);
[[nodiscard]] int run(const NodesCommand& command, const Common& common);
[[nodiscard]] int run(const InfoCommand& command, const Common& common);
[[nodiscard]] int run(const DescribeCommand& command, const Common& common);
[[nodiscard]] int run(const RunCommand& command, const Common& common);
[[nodiscard]] int run(const ServeCommand& command, const Common& common);
[[nodiscard]] int run(const PluginsCommand& command, const Common& common);
[[nodiscard]] int run(const ExplainCommand& command, const Common& common);
[[nodiscard]] int run(const ConfigCommand& command, const Common& common);
[[nodiscard]] int run(const LifecycleCommand& command, const Common& common);
[[nodiscard]] int run(const PubCommand& command, const Common& common);
[[nodiscard]] int run(const SubCommand& command, const Common& common);
[[nodiscard]] int run(const WatchCommand& command, const Common& common);
[[nodiscard]] int run(const TopCommand& command, const Common& common);
[[nodiscard]] int run(const PingCommand& command, const Common& common);
[[nodiscard]] int run(const BenchCommand& command, const Common& common);
[[nodiscard]] int run(const DoctorCommand& command, const Common& common);
[[nodiscard]] int run(const ContextCommand& command, const Common& common);
[[nodiscard]] int run(const CompletionCommand& command, const Common& common);
[[nodiscard]] int run(const CompleteCommand& command, const Common& common);
[[nodiscard]] int run(const ManualCommand& command, const Common& common);
[[nodiscard]] int run(const TraceCommand& command, const Common& common);
[[nodiscard]] int run(const TapCommand& command, const Common& common);

} // namespace malla::cli
