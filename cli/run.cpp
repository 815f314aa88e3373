// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include "cli/config_file.hpp"
#include "cli/console.hpp"
#include "cli/session.hpp"
#include "cli/usage.hpp"
#include "malla/node/stop_signal.hpp"

namespace malla::cli {

int run(const RunCommand& command, const Common& common) {
    NodeOptions options = node_options(common, true, command.host);
    if (command.config) {
        auto config = read_config_file(*command.config);
        if (!config) return fail(config.error(), common);
        if (!is_configuration(*config))
            return fail(
                usage_error("Cannot read " + command.config->string() + ": what it has for a service is no object",
                            R"(it is an object for each service, such as {"Echo":{"record":"FILE"}})"),
                common);
        if (auto set = options.config.set(ConfigLayer::file, *std::move(config)); !set)
            return fail(set.error(), common);
    }
    apply_environment(options.config);
    apply_settings(options.config, command.settings);
    const StopSignal signal; // before anybody knows of the node
    Node node{std::move(options)};
    for (const auto& file : command.files)
        if (auto loaded = node.load(file); !loaded) return fail(loaded.error(), common);
    return node.run(signal);
}

} // namespace malla::cli
