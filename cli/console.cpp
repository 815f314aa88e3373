// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include "cli/exit.hpp"
#include "cli/line_writer.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace malla::cli {

int print(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error == 0) return 0;
    if (error == EPIPE) return exit_reader_gone;
    const std::string why = std::string{"Cannot write standard output: "} + std::strerror(error) + '\n';
    static_cast<void>(write_all(STDERR_FILENO, why));
    return exit_code(ExitCode::error_status);
}

int print(const Listing& listing, const Common& common, int code) {
    const Terminal terminal = terminal_of(STDOUT_FILENO, process_environment());
    const std::string_view nothing = listing.said_when_empty();
    if (!nothing.empty() && !common.quiet && is_for_people(common.mesh.format, terminal.is_terminal))
        print_error(std::string{nothing} + '\n');
    return std::max(code, print(listing.text(common.mesh.format, terminal)));
}

void print_error(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

int fail(const Status& status, const Common& common) {
    const Terminal terminal = terminal_of(STDERR_FILENO, process_environment());
    if (!common.quiet) static_cast<void>(write_all(STDERR_FILENO, error_text(status, common.mesh.format, terminal)));
    return exit_code(status);
}

void leave(int code) noexcept { std::quick_exit(code); }

} // namespace malla::cli
