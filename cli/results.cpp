// SPDX-License-Identifier: Apache-2.0
#include "cli/results.hpp"

#include "cli/console.hpp"
#include "cli/exit.hpp"
#include "cli/line_writer.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration slice = 50ms;            // between two looks at whether it is to end
constexpr std::uint64_t values_between_looks = 64; // that are there without a wait

class Results {
public:
    Results(RemoteStream<std::string>& stream, const ResultStyle& style, const Common& common, int interrupt)
        : stream_{stream}, style_{style}, common_{common}, interrupt_{interrupt}, out_{STDOUT_FILENO, interrupt} {}

    int run() {
        std::optional<int> code;
        while (!code) {
            code = wait();
            if (!code) code = take();
        }
        out_.flush();
        return *code == 0 ? failure_of_output().value_or(0) : *code;
    }

private:
    /// Until the next value is there; what came before it is written meanwhile.
    std::optional<int> wait() {
        if (stream_.wait_until(Deadline{Clock::now()}))
            return ++ready_ % values_between_looks == 0 ? look() : failure_of_output();
        out_.flush();
        do {
            if (const auto code = look()) return code;
        } while (!stream_.wait_until(Deadline::in(slice)));
        return failure_of_output();
    }

    std::optional<int> take() {
        const auto value = stream_.next();
        if (!value) return end(value.error());
        if (!*value) return 0;
        const auto text = result_text(**value, style_);
        if (!text) return end(text.error());
        out_.append(*text);
        return std::nullopt;
    }

    int end(const Status& why) {
        out_.flush();
        return fail(why, common_);
    }

    std::optional<int> look() const {
        if (pollfd interrupt{interrupt_, POLLIN, 0}; ::poll(&interrupt, 1, 0) > 0) return exit_interrupted;
        if (is_reader_gone(STDOUT_FILENO)) return exit_reader_gone;
        return failure_of_output();
    }

    std::optional<int> failure_of_output() const {
        if (out_.error() == 0) return std::nullopt;
        if (out_.error() == ECANCELED) return exit_interrupted;
        if (out_.error() == EPIPE) return exit_reader_gone;
        const std::string why = std::string{"Cannot write standard output: "} + std::strerror(out_.error()) + '\n';
        static_cast<void>(write_all(STDERR_FILENO, why));
        return exit_code(ExitCode::error_status);
    }

    RemoteStream<std::string>& stream_;
    const ResultStyle& style_;
    const Common& common_;
    int interrupt_;
    LineWriter out_;
    std::uint64_t ready_ = 0; ///< values that were there without a wait
};

} // namespace

int write_results(RemoteStream<std::string> stream, const ResultStyle& style, const Common& common, int interrupt) {
    return Results{stream, style, common, interrupt}.run();
}

} // namespace malla::cli
