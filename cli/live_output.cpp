// SPDX-License-Identifier: Apache-2.0
#include "cli/live_output.hpp"

#include "cli/exit.hpp"
#include "cli/line_writer.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

using namespace std::chrono_literals;

namespace {

/// A pipe takes at least PIPE_BUF bytes then, at once.
bool can_be_written(int descriptor) {
    pollfd one{descriptor, POLLOUT, 0};
    return ::poll(&one, 1, 0) > 0;
}

} // namespace

void LiveOutput::write(std::string_view text) {
    const std::lock_guard lock{writing_};
    if (code_.load() >= 0) return;
    const int error = write_all(STDOUT_FILENO, text, ended_.descriptor());
    if (error == 0 || error == ECANCELED) return;
    if (error == EPIPE) return end(exit_reader_gone);
    const std::string why = std::string{"Cannot write standard output: "} + std::strerror(error) + '\n';
    static_cast<void>(write_all(STDERR_FILENO, why));
    end(exit_code(ExitCode::error_status));
}

void LiveOutput::end(int code) {
    int none = -1;
    code_.compare_exchange_strong(none, code);
    ended_.ring();
}

void LiveOutput::report(std::uint64_t dropped) {
    if (common_.quiet || dropped == reported_) return;
    reported_ = dropped;
    const std::string count = std::to_string(dropped);
    const std::string text = common_.mesh.format == Format::json
                                 ? R"({"dropped":)" + count + "}\n"
                                 : count + (dropped == 1 ? " event was" : " events were") + " dropped so far\n";
    static_cast<void>(write_all(STDERR_FILENO, text));
}

int LiveOutput::wait(const std::function<std::uint64_t()>& dropped) {
    constexpr auto between = 1s;
    Deadline next = Deadline::in(between);
    while (code_.load() < 0) {
        std::array<pollfd, 3> all{{{ended_.descriptor(), POLLIN, 0}, {signal_.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
        if (::poll(all.data(), all.size(), next.poll_timeout(Clock::now())) < 0) continue; // a signal
        if (all[1].revents != 0) end(exit_interrupted);
        else if ((all[2].revents & (POLLERR | POLLHUP)) != 0) end(exit_reader_gone);
        else if (next.passed(Clock::now())) {
            if (can_be_written(STDERR_FILENO)) report(dropped());
            next = Deadline::in(between);
        }
    }
    report(dropped());
    return code_.load();
}

} // namespace malla::cli
