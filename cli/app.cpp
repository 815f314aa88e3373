// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include "cli/settings.hpp"
#include "cli/usage.hpp"
#include "cli/words.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace malla::cli {

CLI::Option* value(CLI::App& app, const std::string& names, const std::string& type, const std::string& description) {
    return app.add_option(names, CLI::callback_t{}, description)->type_name(type)->take_last();
}

CLI::Option* values(CLI::App& app, const std::string& names, const std::string& type, const std::string& description) {
    return app.add_option(names, CLI::callback_t{}, description)
        ->type_name(type)
        ->take_all()
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false);
}

void flag(CLI::App& app, const std::string& names, const std::string& description) { app.add_flag(names, description); }

CLI::Option* names(CLI::App& app, const std::string& name, const std::string& description, int most) {
    return app.add_option(name, CLI::callback_t{}, description)
        ->type_name("")
        ->take_all()
        ->expected(1, most)
        ->allow_extra_args(most > 1)
        ->required();
}

std::vector<std::string> texts(const CLI::App& app, const std::string& name) {
    std::vector<std::string> found;
    for (const std::string& word : app.get_option(name)->results()) found.emplace_back(unmarked(word));
    return found;
}

std::optional<std::string> text(const CLI::App& app, const std::string& name) {
    auto found = texts(app, name);
    if (found.empty()) return std::nullopt;
    return std::move(found.back());
}

bool flag(const CLI::App& app, const std::string& name) { return app.get_option(name)->count() > 0; }

Result<std::uint64_t> count(const CLI::App& app, const std::string& name, std::uint64_t otherwise) {
    const auto given = text(app, name);
    if (!given) return otherwise;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
    if (error == std::errc{} && end == given->data() + given->size() && number > 0) return number;
    return usage_error(name + " wants a whole number from 1, not '" + *given + "'", "such as " + name + " 8");
}

Result<Clock::duration> duration(const CLI::App& app, const std::string& name, Clock::duration otherwise) {
    const auto given = text(app, name);
    return given ? read_duration(name, *given) : Result<Clock::duration>{otherwise};
}

Arguments arguments(const CLI::App& app) {
    Arguments given;
    for (const std::string& word : app.get_option("ARGUMENT")->results()) {
        if (is_separator(word)) given.separator = given.words.size();
        given.words.emplace_back(unmarked(word));
    }
    return given;
}

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
    for (const CLI::App* command : app.get_subcommands({}))
        if (command->get_name() == name) return command;
    return nullptr;
}

void examples(CLI::App& command, std::initializer_list<const char*> lines) {
    std::string text = command.get_footer();
    if (!text.empty()) text += "\n\n";
    text += "Examples:";
    for (const char* line : lines) text.append("\n  ") += line;
    command.footer(text);
}

} // namespace malla::cli
