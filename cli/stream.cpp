// SPDX-License-Identifier: Apache-2.0
#include "cli/stream.hpp"

#include "cli/bell.hpp"
#include "cli/exit.hpp"
#include "cli/line_reader.hpp"
#include "cli/output.hpp"
#include "cli/stream_writer.hpp"
#include "cli/terminal.hpp"
#include "cli/usage.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

constexpr std::uint64_t lines_between_looks = 64;
constexpr int opening_look_ms = 2;

/// The half of a stream that reads lines and begins their calls, on the thread of its caller.
class Sender {
public:
    Sender(const StreamOptions& options, const StreamEnds& ends, const StreamSteps& steps)
        : options_{options}, ends_{ends}, steps_{steps}, window_{options.in_flight},
          reader_{ends.input, options.null_separated ? '\0' : '\n'}, writer_{options, ends, stop_.descriptor(), window_,
                                                                             [this] { wake_.ring(); }} {}

    int run() {
        std::thread writing{[this] {
            writer_.run();
            written_.store(true);
            wake_.ring();
        }};
        send_lines();
        window_.close();
        while (!written_.load()) look(false, -1);
        writing.join();
        writer_.give_up_rest();
        return report();
    }

private:
    void send_lines() {
        while (writer_.end() == StreamEnd::none) {
            if (const auto line = reader_.next()) {
                take(*line);
            } else if (reader_.ended()) {
                all_read_ = true;
                return;
            } else if (look(true, -1)) {
                auto filled = reader_.fill();
                if (!filled && filled.error().id() != "usage") return refuse_rest(std::move(filled).error());
                if (!filled) take(std::move(filled).error());
            }
        }
    }

    /// The next line, or why it is none.
    void take(const Result<std::string_view>& line) {
        if (++number_ >= options_.from_line) send(line);
    }

    void send(const Result<std::string_view>& line) {
        while (space_ == 0 && (space_ = window_.space(Clock::now())) == 0) {
            look(false, is_opening_ ? opening_look_ms : -1);
            if (writer_.end() != StreamEnd::none) return --number_, void();
        }
        if (is_opening_) steps_.flush();
        is_opening_ = is_opening_ && window_.is_opening(Clock::now());
        if (is_opening_ || number_ % lines_between_looks == 0) look(false, 0);
        if (writer_.end() != StreamEnd::none) return --number_, void();
        --space_;
        auto arguments = line ? steps_.read(*line) : Result<std::string>{line.error()};
        const auto end = reader_.position();
        if (arguments) window_.push({number_, steps_.begin(*std::move(arguments)), {}, end});
        else window_.push({number_, nullptr, std::move(arguments).error(), end});
    }

    /// The input cannot be read on.
    void refuse_rest(Status why) {
        window_.push({++number_, nullptr, std::move(why), reader_.position()});
        all_read_ = true;
    }

    /// Waits for something to do, and ends the stream where that is what comes. Says whether there is input.
    bool look(bool for_input, int timeout_ms) {
        if (timeout_ms != 0) steps_.flush();
        std::array<pollfd, 4> all{{{wake_.descriptor(), POLLIN, 0},
                                   {is_interrupted_ ? -1 : ends_.interrupt, POLLIN, 0},
                                   {is_output_gone_ ? -1 : ends_.output, 0, 0},
                                   {for_input ? ends_.input : -1, POLLIN, 0}}};
        if (::poll(all.data(), all.size(), timeout_ms) <= 0) return false;
        if (all[0].revents != 0) wake_.silence();
        if (all[1].revents != 0) {
            is_interrupted_ = true;
            end_at_once(StreamEnd::interrupted);
        }
        if ((all[2].revents & (POLLERR | POLLHUP)) != 0) {
            is_output_gone_ = true;
            end_at_once(StreamEnd::reader_gone);
        }
        return all[3].revents != 0;
    }

    void end_at_once(StreamEnd why) {
        writer_.end_for(why);
        stop_.ring();
    }

    int report() {
        switch (writer_.end()) {
        case StreamEnd::none: return number_ + 1 < options_.from_line ? report_short_input() : writer_.exit_code();
        case StreamEnd::reader_gone: return exit_reader_gone;
        case StreamEnd::interrupted: report_unanswered(); return exit_interrupted;
        case StreamEnd::line_failed: report_unanswered(); return writer_.exit_code();
        case StreamEnd::output_failed: break;
        }
        say(std::string{"Cannot write standard output: "} + std::strerror(writer_.output_error()) + '\n');
        report_unanswered();
        return exit_code(ExitCode::error_status);
    }

    /// A number beyond the input is a mistake, which must not look like success.
    int report_short_input() {
        const Status status = usage_error("--from-line " + std::to_string(options_.from_line) +
                                              " is beyond the input, which ends at line " + std::to_string(number_),
                                          "the former run said at which line to go on");
        say(error_text(status, options_.style.format, {}));
        return exit_code(status);
    }

    void report_unanswered() {
        std::uint64_t first = writer_.first_unanswered();
        if (first == UINT64_MAX && all_read_) return;
        if (first == UINT64_MAX) first = number_ + 1;
        const std::string line = std::to_string(first);
        const std::string behind = std::to_string(writer_.answered_behind());
        const std::string values = std::to_string(writer_.values_of_unanswered());
        const std::string ran = std::to_string(writer_.may_have_run());
        if (options_.style.format == Format::json)
            return say(R"({"first_line_not_answered":)" + line + R"(,"answered_behind":)" + behind +
                       R"(,"values_of_unanswered":)" + values + R"(,"may_have_run":)" + ran + "}\n");
        std::string doubles = behind == "0" ? "" : ", and " + behind + " behind it were answered and are written";
        if (values != "0") doubles += "; values of lines that did not end are written, too: " + values;
        const std::string unknown = ran == "0" ? "" : "; lines that may have run and are not written: " + ran;
        say("line " + line + " is the first that was not answered" + doubles + "; --from-line " + line +
            " goes on there" + unknown + '\n');
    }

    void say(const std::string& text) {
        if (!options_.quiet) static_cast<void>(write_all(ends_.error, text));
    }

    const StreamOptions& options_;
    const StreamEnds& ends_;
    const StreamSteps& steps_;
    Bell wake_;
    Bell stop_;
    Window window_;
    LineReader reader_;
    StreamWriter writer_;
    std::atomic<bool> written_ = false;
    std::size_t space_ = 0;    ///< of the window, at least
    std::uint64_t number_ = 0; ///< of the last line that was sent or left out
    bool all_read_ = false;
    bool is_opening_ = true;
    bool is_interrupted_ = false;
    bool is_output_gone_ = false;
};

} // namespace

int run_stream(const StreamOptions& options, const StreamEnds& ends, const StreamSteps& steps) {
    return Sender{options, ends, steps}.run();
}

} // namespace malla::cli
