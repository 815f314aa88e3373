// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_file.hpp"

#include "cli/config_file.hpp"
#include "cli/nearest.hpp"
#include "cli/target.hpp"
#include "cli/usage.hpp"
#include "malla/wire/limits.hpp"
#include "malla/wire/reader.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace malla::cli {

namespace {

constexpr std::array<std::string_view, 5> keys{"exec", "json", "limit", "lines", "workers"};

bool is_key(std::string_view word) { return std::ranges::find(keys, word) != keys.end(); }

/// One table of the file.
class Table {
public:
    Table(const std::filesystem::path& file, std::string_view name, const Json& value)
        : place_{file.string() + ": table [\"" + std::string{name} + "\"]"}, name_{name}, value_{value},
          is_json_{file.extension() == ".json"} {}

    [[nodiscard]] Result<ServedCommand> read() const {
        if (auto checked = check(); !checked) return std::move(checked).error();
        ServedCommand served;
        const auto wanted = target(name_);
        if (!wanted) return wrong("", "names no callback", R"(write SERVICE.CALLBACK in quotes, as in "Text.upper")");
        for (const std::string& part : {wanted->service, wanted->callback})
            if (!wire::is_legal(part, wire::max_name_bytes))
                return wrong("", "has a name that cannot be announced", "at most 128 bytes without control characters");
        served.target = *wanted;
        for (std::size_t i = 0; i < value_.size(); ++i) {
            const auto& [key, value] = value_.member(i);
            if (auto taken = take(served, key, value); !taken) return std::move(taken).error();
        }
        return served;
    }

private:
    [[nodiscard]] Status wrong(std::string_view key, const std::string& why, std::string hint) const {
        return usage_error(place_ + (key.empty() ? " " : ", key '" + std::string{key} + "': ") + why, std::move(hint));
    }

    [[nodiscard]] Result<void> check() const {
        if (!value_.is_object())
            return wrong("", "is no table",
                         is_json_ ? R"(write it as "Text.upper": {"exec": "COMMAND"})"
                                  : "begin with a line [\"Text.upper\"]");
        for (std::size_t i = 0; i < value_.size(); ++i) {
            const auto& [key, value] = value_.member(i);
            if (is_key(key)) continue;
            if (value.is_object() && !is_json_) // TOML takes a dot outside quotes so
                return wrong("", "has a table '" + std::string{key} + "' in it",
                             "write [\"" + name_ + '.' + std::string{key} + "\"], with quotes");
            const auto near = nearest(key, std::vector<std::string>{keys.begin(), keys.end()});
            return wrong(key, "there is no such key",
                         near ? "did you mean '" + *near + "'?" : "there are exec, json, limit, lines and workers");
        }
        if (value_.find("exec") == nullptr) return wrong("exec", "it is required", "the command, as text");
        return {};
    }

    [[nodiscard]] Result<void> take(ServedCommand& served, std::string_view key, const Json& value) const {
        if (key == "exec") {
            if (value.is_string() && value.as_string().empty())
                return wrong(key, "it is empty", "the command, as text");
            return take_text(served.command, key, value);
        }
        if (key == "lines") return take_flag(served.lines, key, value);
        if (key == "json") return take_flag(served.json, key, value);
        if (key == "workers") return take_count(served.workers, value);
        std::string limit;
        if (auto taken = take_text(limit, key, value); !taken) return taken;
        const auto read = read_duration("limit", limit);
        if (!read || *read == Clock::duration{})
            return wrong(key, "'" + limit + "' is no duration to run", "a number and a unit, such as 200ms, 5s or 2m");
        served.limit = *read;
        return {};
    }

    [[nodiscard]] Result<void> take_text(std::string& to, std::string_view key, const Json& value) const {
        if (!value.is_string()) return wrong(key, shown(value) + " is no text", "write it in quotes");
        to = value.as_string();
        return {};
    }

    [[nodiscard]] Result<void> take_flag(bool& to, std::string_view key, const Json& value) const {
        if (value.kind() != Json::Kind::boolean) return wrong(key, shown(value) + " is neither", "true or false");
        to = value.as_bool();
        return {};
    }

    [[nodiscard]] Result<void> take_count(std::size_t& to, const Json& value) const {
        if (value.kind() != Json::Kind::integer || value.as_integer() < 1)
            return wrong("workers", shown(value) + " is no whole number from 1", "processes at once");
        if (value.as_integer() > std::int64_t{ServedCommand::max_workers})
            return wrong("workers", shown(value) + " is too many processes at once",
                         "at most " + std::to_string(ServedCommand::max_workers));
        to = static_cast<std::size_t>(value.as_integer());
        return {};
    }

    static std::string shown(const Json& value) {
        const auto text = value.dump();
        return text ? *text : "it";
    }

    const std::string place_;
    const std::string name_;
    const Json& value_;
    const bool is_json_;
};

} // namespace

Result<std::vector<ServedCommand>> read_serve_file(const std::filesystem::path& file) {
    const auto tables = read_config_file(file);
    if (!tables) return tables.error();
    if (tables->size() == 0)
        return usage_error(file.string() + " has no table",
                           file.extension() == ".json" ? R"({"SERVICE.CALLBACK": {"exec": "COMMAND"}})"
                                                       : R"(write ["SERVICE.CALLBACK"] and below it exec = "COMMAND")");
    std::vector<ServedCommand> commands;
    for (std::size_t i = 0; i < tables->size(); ++i) {
        const auto& [name, value] = tables->member(i);
        auto command = Table{file, name, value}.read();
        if (!command) return std::move(command).error();
        commands.push_back(*std::move(command));
    }
    return commands;
}

} // namespace malla::cli
