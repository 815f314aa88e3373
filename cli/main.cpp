// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "malla/base/error.hpp"
#include "malla/base/log.hpp"
#include "malla/base/process.hpp"
#include "plugins/spdlog/backend.hpp"

#include <algorithm>
#include <csignal>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fcntl.h>

namespace malla::cli {
namespace {

void set_up_log(const Common& common) {
    if (common.quiet) set_log_sink([](LogLevel, std::string_view) noexcept {});
    else plugins::log_with_spdlog(common.verbose ? LogLevel::debug : LogLevel::warning);
}

int dispatch(const Invocation& invocation) {
    set_up_log(invocation.common);
    try {
        return std::visit([&](const auto& command) { return run(command, invocation.common); }, invocation.command);
    } catch (const Error& error) {
        return fail(error.status(), invocation.common);
    }
}

int main_with(const std::vector<std::string>& words) {
    open_standard_descriptors(O_RDONLY); // what is written to a closed output fails: nobody takes it for written
    std::signal(SIGPIPE, SIG_IGN);       // a write says it, and says which one
    const auto invocation = read_command_line(words, process_environment());
    if (invocation) return dispatch(*invocation);
    Common common;
    if (asks_for_json(words)) common.mesh.format = Format::json;
    common.quiet = std::ranges::any_of(words, [](const auto& word) { return word == "-q" || word == "--quiet"; });
    return fail(invocation.error(), common);
}

} // namespace
} // namespace malla::cli

int main(int argc, char** argv) { return malla::cli::main_with({argv + (argc > 0 ? 1 : 0), argv + argc}); }
