// SPDX-License-Identifier: Apache-2.0
#include "cli/context_files.hpp"

#include "cli/nearest.hpp"
#include "cli/usage.hpp"
#include "malla/base/error.hpp"
#include "malla/base/json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include <pwd.h>
#include <unistd.h>

namespace malla::cli {

namespace {

namespace fs = std::filesystem;

fs::path malla_folder(const Environment& environment) {
    if (const auto home = environment("XDG_CONFIG_HOME")) return fs::path{*home} / "malla";
    if (const auto home = environment("HOME")) return fs::path{*home} / ".config/malla";
    const passwd* user = ::getpwuid(::getuid());
    return fs::path{user ? user->pw_dir : "/"} / ".config/malla";
}

Status not_written(const fs::path& file, const std::string& why) {
    return usage_error(file.string() + " cannot be written: " + why, "$XDG_CONFIG_HOME says where else to put it");
}

/// Whole or not at all: another file takes its place.
Result<void> write_file(const fs::path& file, const std::string& text) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) return not_written(file, error.message());
    const fs::path beside = file.string() + '.' + std::to_string(::getpid());
    std::ofstream out{beside};
    out << text << std::flush;
    if (!out) return not_written(file, std::strerror(errno));
    out.close();
    fs::rename(beside, file, error);
    if (!error) return {};
    fs::remove(beside);
    return not_written(file, error.message());
}

/// TOML takes a JSON string, and a list of them.
void write(std::string& text, std::string_view key, const Json& value) {
    text.append(key) += " = " + value_or_throw(value.dump()) + '\n';
}

void write(std::string& text, std::string_view key, const std::optional<std::string>& value) {
    if (value) write(text, key, Json{*value});
}

void write(std::string& text, std::string_view key, const std::vector<std::string>& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(value);
    if (!values.empty()) write(text, key, list);
}

} // namespace

fs::path contexts_folder(const Environment& environment) { return malla_folder(environment) / "contexts"; }

std::vector<std::string> context_names(const Environment& environment) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{contexts_folder(environment), ignored}) {
        const fs::path& file = entry.path();
        if (file.extension() == ".toml" || file.extension() == ".json") names.push_back(file.stem().string());
    }
    std::ranges::sort(names);
    const auto doubles = std::ranges::unique(names);
    names.erase(doubles.begin(), doubles.end());
    return names;
}

std::optional<fs::path> context_file(std::string_view name, const Environment& environment) {
    std::error_code ignored;
    for (const char* ending : {".toml", ".json"})
        if (fs::path file = contexts_folder(environment) / (std::string{name} + ending); fs::exists(file, ignored))
            return file;
    return std::nullopt;
}

std::string chosen_context(const Environment& environment) {
    std::ifstream in{malla_folder(environment) / "context"};
    std::string name;
    return std::getline(in, name) && !name.empty() ? name : "default";
}

Result<void> choose_context(std::string_view name, const Environment& environment) {
    const fs::path file = malla_folder(environment) / "context";
    if (name != "default") return write_file(file, std::string{name} + '\n');
    std::error_code error;
    fs::remove(file, error);
    return error ? Result<void>{not_written(file, error.message())} : Result<void>{};
}

Result<void> write_context(std::string_view name, const Settings& settings, const Environment& environment) {
    std::string text;
    write(text, "broker", settings.brokers);
    write(text, "peer", settings.peers);
    write(text, "loopback", settings.loopback);
    write(text, "cluster", settings.cluster);
    write(text, "secret-file", settings.secret_file);
    write(text, "key-file", settings.key_file);
    write(text, "allow", settings.allow_file);
    write(text, "timeout", settings.timeout);
    write(text, "format", settings.format);
    if (settings.insecure) write(text, "insecure", Json{true});
    return write_file(contexts_folder(environment) / (std::string{name} + ".toml"), text);
}

std::optional<Status> context_name_fault(std::string_view name) {
    if (!name.empty() && name.find_first_of("/\n") == std::string_view::npos && name[0] != '.') return std::nullopt;
    return usage_error(std::string{"'"}.append(name) + "' is no name of a context",
                       "any name without / that does not begin with a dot");
}

Status unknown_context(const std::string& name, const Environment& environment) {
    const auto near = nearest(name, context_names(environment));
    return usage_error("Unknown context '" + name + "'",
                       near ? "did you mean '" + *near + "'?"
                            : "it would be in " + contexts_folder(environment).string() + "; `malla context add " +
                                  name + " --broker ENDPOINT` makes it");
}

} // namespace malla::cli
