// SPDX-License-Identifier: Apache-2.0
// What a shell offers for the word that is being typed.
#include "cli/app.hpp"
#include "cli/console.hpp"
#include "cli/context_files.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "malla/base/error.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace malla::cli {

namespace {

/// Who types does not wait longer, unless the mesh is far away and he says so.
Clock::duration answer_limit() {
    constexpr const char* variable = "MALLA_COMPLETION_TIMEOUT";
    constexpr Clock::duration usual = std::chrono::milliseconds{80};
    const auto said = process_environment()(variable);
    const auto read = said ? read_duration(variable, *said) : Result<Clock::duration>{usual};
    return read ? *read : usual;
}

constexpr const char* files = ":files";

using Words = std::vector<std::string>;

/// The line so far, taken apart.
class Line {
public:
    Line(const CLI::App& app, const Words& words) : app_{app}, current_{words.empty() ? "" : words.back()} {
        for (std::size_t i = 0; i + 1 < words.size(); ++i)
            take(words[i], i + 2 < words.size() ? &words[i + 1] : nullptr);
    }

    [[nodiscard]] const std::string& current() const noexcept { return current_; }
    [[nodiscard]] const CLI::App* command() const noexcept { return command_; }
    [[nodiscard]] const Words& names() const noexcept { return names_; }
    /// The words that say which mesh is meant.
    [[nodiscard]] const Words& mesh() const noexcept { return mesh_; }
    [[nodiscard]] bool is_lost() const noexcept { return lost_; }
    /// The option whose value is being typed.
    [[nodiscard]] const CLI::Option* open() const noexcept { return open_; }

private:
    void take(const std::string& word, const std::string* next) {
        if (const CLI::Option* option = std::exchange(open_, nullptr)) {
            if (app_.get_option_no_throw(option->get_name()) == option) mesh_.push_back(word);
            return;
        }
        if (word.size() > 1 && word[0] == '-') {
            const auto* option = option_of(word.substr(0, word.find('=')));
            const bool everywhere = option != nullptr && app_.get_option_no_throw(option->get_name()) == option;
            if (everywhere && (next != nullptr || option->get_items_expected_max() == 0)) mesh_.push_back(word);
            if (option != nullptr && option->get_items_expected_max() > 0 && word.find('=') == std::string::npos)
                open_ = option;
            return;
        }
        if (command_ == nullptr && !lost_) lost_ = (command_ = command_named(app_, word)) == nullptr;
        else names_.push_back(word);
    }
    [[nodiscard]] const CLI::Option* option_of(const std::string& word) const {
        const CLI::Option* own = command_ ? command_->get_option_no_throw(word) : nullptr;
        return own ? own : app_.get_option_no_throw(word);
    }

    const CLI::App& app_;
    std::string current_;
    const CLI::App* command_ = nullptr;
    bool lost_ = false; ///< there is no command of the name
    Words names_;
    Words mesh_;
    const CLI::Option* open_ = nullptr;
};

/// What is there now, as far as it can be heard soon enough.
class Mesh {
public:
    explicit Mesh(Words words) {
        words.emplace_back("ls");
        auto invocation = read_command_line(words, process_environment());
        if (!invocation) return;
        invocation->common.mesh.timeout = answer_limit();
        node_ = try_to_look(invocation->common);
    }

    [[nodiscard]] Words services() const {
        std::set<std::string> found;
        if (node_)
            for (const auto& instance : node_->instances()) found.insert(instance.service);
        return {found.begin(), found.end()};
    }
    [[nodiscard]] Words callbacks() const {
        std::set<std::string> found;
        if (node_)
            for (const auto& instance : node_->instances())
                for (const auto& callback : instance.callbacks) found.insert(instance.service + '.' + callback.name);
        return {found.begin(), found.end()};
    }
    [[nodiscard]] Words nodes() const {
        std::set<std::string> found;
        if (node_)
            for (const auto& node : node_->nodes())
                if (!node.endpoint.empty()) found.insert(node.name);
        return {found.begin(), found.end()};
    }
    [[nodiscard]] Words callbacks_of(const std::string& service) const {
        std::set<std::string> found;
        if (node_)
            for (const auto& instance : node_->instances_of(service))
                for (const auto& callback : instance.callbacks) found.insert(callback.name);
        return {found.begin(), found.end()};
    }
    /// Those that can be removed or set. The first is the service itself; others are there while these are.
    [[nodiscard]] Words plugins(const std::string& service) const {
        Words found;
        if (auto plugins = ask<admin::GetPlugins>(service))
            for (auto& plugin : *plugins | std::views::drop(1))
                if (plugin.listed) found.push_back(std::move(plugin.name));
        return found;
    }
    [[nodiscard]] Words paths(const std::string& service) const {
        Words found;
        if (auto entries = ask<admin::GetConfig>(service))
            for (auto& entry : *entries) found.push_back(std::move(entry.path));
        return found;
    }

private:
    /// Null when that fails: who types is told why when the command runs.
    static std::unique_ptr<Node> try_to_look(Common common) {
        common.quiet = true;
        try {
            auto node = look_around(common);
            return node ? *std::move(node) : nullptr;
        } catch (const Error&) {
            return nullptr;
        }
    }
    /// Of any instance.
    template <class C>
    [[nodiscard]] auto ask(const std::string& service) const -> Result<ResultOf<C>> {
        CallOptions options = within(answer_limit());
        options.no_wait = true;
        if (!node_) return Status{"service_not_available", service};
        const auto instances = node_->instances_of(service);
        if (!instances.empty()) options.on = instances.front().node.text();
        return Remote<admin::Api>{*node_}.template async<C>(options, service).get();
    }

    std::unique_ptr<Node> node_;
};

Words option_names(const CLI::App& app) {
    Words found;
    for (const CLI::Option* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) found.push_back("--" + name);
        if (option->get_lnames().empty())
            for (const auto& name : option->get_snames()) found.push_back("-" + name);
    }
    return found;
}

const CLI::Option* positional(const CLI::App& command, std::size_t index) {
    std::vector<const CLI::Option*> found;
    for (const CLI::Option* option : command.get_options())
        if (option->get_positional()) found.push_back(option);
    if (index < found.size()) return found[index];
    const bool takes_more = !found.empty() && found.back()->get_items_expected_max() > 1;
    return takes_more ? found.back() : nullptr;
}

/// By what a value or a name is called in the help.
Words values_named(const std::string& type, const Line& line) {
    if (type == "FILE" || type == "FILE.so") return {files};
    if (type == "FORMAT") return {"auto", "json", "text", "raw"};
    if (type == "SHELL") return {"bash", "zsh", "fish"};
    if (type == "SERVICE") return Mesh{line.mesh()}.services();
    if (type == "SERVICE.CALLBACK") return Mesh{line.mesh()}.callbacks();
    if (type == "CALLBACK") return Mesh{line.mesh()}.callbacks_of(line.names().front());
    if (type == "NODE") return Mesh{line.mesh()}.nodes();
    if (type != "SERVICE[.CALLBACK]") return {};
    const Mesh mesh{line.mesh()};
    Words both = mesh.services();
    std::ranges::copy(mesh.callbacks(), std::back_inserter(both));
    return both;
}

/// Those that can be used: the default one needs no file.
Words contexts() {
    Words names = context_names(process_environment());
    if (std::ranges::find(names, "default") == names.end()) names.emplace_back("default");
    return names;
}

/// Of commands whose first names say what to do.
Words action_values(const std::string& command, const Line& line) {
    const Words& names = line.names();
    if (command == "context") {
        if (names.empty()) return {"ls", "add", "use", "rm"};
        if (names[0] == "use") return contexts();
        return names[0] == "rm" ? context_names(process_environment()) : Words{};
    }
    if (command == "plugins") {
        if (names.size() == 1) return {"add", "remove", "set"};
        return names[1] == "add" ? Words{files} : Mesh{line.mesh()}.plugins(names[0]);
    }
    if (names.size() == 1) return {"get", "set", "apply"};
    if (names[1] == "apply") return {files};
    return Mesh{line.mesh()}.paths(names[0]);
}

Words name_values(const Line& line) {
    const std::string& command = line.command()->get_name();
    const bool has_actions =
        command == "context" || ((command == "plugins" || command == "config") && !line.names().empty());
    if (has_actions) return action_values(command, line);
    const CLI::Option* name = positional(*line.command(), line.names().size());
    return name ? values_named(name->get_name(), line) : Words{};
}

Words candidates(const CLI::App& app, const Line& line) {
    if (const CLI::Option* option = line.open()) {
        if (option->get_name() == "--context") return contexts();
        return values_named(option->get_type_name(), line);
    }
    if (line.current().starts_with('-')) {
        Words found = line.command() ? option_names(*line.command()) : Words{};
        for (auto& name : option_names(app))
            if (std::ranges::find(found, name) == found.end()) found.push_back(std::move(name));
        return found;
    }
    if (line.command()) return name_values(line);
    if (line.is_lost()) return {};
    Words found;
    for (const CLI::App* command : app.get_subcommands({})) found.push_back(command->get_name());
    return found;
}

} // namespace

int run(const CompleteCommand& command, const Common&) {
    const auto app = all_commands();
    const Line line{*app, command.words};
    std::string text;
    for (const auto& candidate : candidates(*app, line))
        if (candidate == files || candidate.starts_with(line.current())) text += candidate + '\n';
    return print(text);
}

} // namespace malla::cli
