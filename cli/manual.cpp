// SPDX-License-Identifier: Apache-2.0
// Manual pages from what --help says, in the language of man(7).
#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "cli/usage.hpp"
#include "malla/base/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla::cli {

namespace {

/// Text that means nothing to the formatter.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out.append("\\&") += c;
        else out += c;
    }
    return out;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string header(const std::string& page, const std::string& what) {
    const std::string title = ".TH " + upper(page) + R"( 1 "" "malla )" + std::string{library_version()};
    return title + R"(" "User Commands")" + "\n.SH NAME\n" + plain(page) + R"( \- )" + plain(what) + '\n';
}

std::string names_of(const CLI::Option& option) {
    std::string text;
    const auto add = [&](const std::string& name) {
        text += (text.empty() ? "\\fB" : ", \\fB") + plain(name) + "\\fR";
    };
    for (const auto& name : option.get_snames()) add("-" + name);
    for (const auto& name : option.get_lnames()) add("--" + name);
    if (option.get_positional()) return "\\fI" + plain(option.get_name()) + "\\fR";
    if (option.get_items_expected_max() > 0) text += " \\fI" + plain(option.get_type_name()) + "\\fR";
    return text;
}

std::string options_of(const CLI::App& app) {
    std::string text;
    for (const CLI::Option* option : app.get_options()) {
        text += ".TP\n" + names_of(*option) + '\n' + plain(option->get_description());
        if (!option->get_default_str().empty()) text += "; default: " + plain(option->get_default_str());
        text += '\n';
    }
    return text;
}

std::string synopsis_of(const CLI::App& command) {
    std::string text = ".SH SYNOPSIS\n\\fBmalla " + plain(command.get_name()) + R"(\fR [\fIOPTION\fR...])";
    for (const CLI::Option* option : command.get_options()) {
        if (!option->get_positional()) continue;
        const std::string dots = option->get_items_expected_max() > 1 ? "..." : "";
        const std::string name = "\\fI" + plain(option->get_name()) + "\\fR" + dots;
        text += option->get_required() ? ' ' + name : " [" + name + ']';
    }
    return text + '\n';
}

/// As it stands, but examples are a section of their own.
std::string notes_of(const CLI::App& command) {
    const std::string notes = command.get_footer();
    if (notes.empty()) return {};
    const auto examples = notes.find("Examples:\n");
    const std::string before = notes.substr(0, examples);
    std::string text;
    if (!before.empty()) text += ".SH NOTES\n.nf\n" + plain(before) + "\n.fi\n";
    if (examples != std::string::npos)
        text += ".SH EXAMPLES\n.nf\n" + plain(notes.substr(notes.find('\n', examples) + 1)) + "\n.fi\n";
    return text;
}

constexpr std::string_view exit_status = R"(.SH EXIT STATUS
.TP
0
answered with success
.TP
1
the service answered with an error, or standard input or output cannot be read or written
.TP
2
usage: what the command itself refuses
.TP
3
not run: there is no such service or instance, or every one refused
.TP
4
the deadline passed and the call did not run
.TP
5
refused: credentials, cluster or protocol version
.TP
6
none of the endpoints that were named can be reached
.TP
7
unknown: the call was sent and may have run
.TP
130, 141
interrupted; the reader of standard output went away
)";

constexpr std::string_view environment_and_files = R"(.SH ENVIRONMENT
.TP
\fBMALLA_BROKER\fR, \fBMALLA_PEER\fR
lists with commas, as \fB\-\-broker\fR and \fB\-\-peer\fR
.TP
\fBMALLA_LOOPBACK\fR, \fBMALLA_CLUSTER\fR, \fBMALLA_CONTEXT\fR, \fBMALLA_TIMEOUT\fR
as the options
.TP
\fBMALLA_SECRET_FILE\fR, \fBMALLA_KEY_FILE\fR, \fBMALLA_ALLOW\fR
as the options
.TP
\fBMALLA_CONFIG\fR
the configuration of services that \fBmalla run\fR hosts, a JSON object with an object, or null, for each
.TP
\fBTRACEPARENT\fR
the W3C trace context that a \fBmalla call\fR belongs to
.TP
\fBMALLA_COMPLETION_TIMEOUT\fR
how long a shell that completes a word waits for the mesh; default: 80ms
.TP
\fBNO_COLOR\fR
if it is set, nothing is coloured
.SH FILES
.TP
\fB$XDG_CONFIG_HOME/malla/contexts/\fINAME\fB.toml\fR
a context, whose members are the long names of options; ~/.config stands in for the variable
)";

std::string page_of(const CLI::App& command) {
    const std::string name = "malla-" + command.get_name();
    return header(name, command.get_description()) + synopsis_of(command) + ".SH OPTIONS\n" + options_of(command) +
           ".PP\nThe options of\n.BR malla (1)\nthat find a mesh and form the output count here too.\n" +
           notes_of(command) + std::string{exit_status} + ".SH SEE ALSO\n.BR malla (1)\n";
}

std::string page_of_all(const CLI::App& app) {
    std::string text = header("malla", app.get_description());
    text += ".SH SYNOPSIS\n\\fBmalla\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n.SH COMMANDS\n";
    for (const CLI::App* command : app.get_subcommands({}))
        text +=
            ".TP\n\\fBmalla\\-" + plain(command->get_name()) + "\\fR(1)\n" + plain(command->get_description()) + '\n';
    text += ".SH OPTIONS\n" + options_of(app);
    return text + std::string{exit_status} + std::string{environment_and_files};
}

} // namespace

int run(const ManualCommand& command, const Common& common) {
    const auto app = all_commands();
    std::vector<std::pair<std::string, std::string>> pages{{"malla.1", page_of_all(*app)}};
    for (const CLI::App* each : app->get_subcommands({}))
        pages.emplace_back("malla-" + each->get_name() + ".1", page_of(*each));
    for (const auto& [name, page] : pages) {
        const std::filesystem::path file = command.folder / name;
        std::ofstream out{file};
        if (!(out << page << std::flush))
            return fail(usage_error(file.string() + " cannot be written", "make its folder before"), common);
    }
    return 0;
}

} // namespace malla::cli
