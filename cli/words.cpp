// SPDX-License-Identifier: Apache-2.0
#include "cli/words.hpp"

#include "cli/nearest.hpp"
#include "cli/target.hpp"
#include "cli/usage.hpp"

#include <algorithm>
#include <optional>

namespace malla::cli {

namespace {

constexpr char mark = '\x1f';
constexpr std::string_view separator = "\x1e--";

std::string marked(std::string_view word) { return std::string{mark}.append(word); }

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

class Marker {
public:
    Marker(std::span<const std::string> words, const Grammar& grammar) : words_{words}, grammar_{grammar} {}

    Result<std::vector<std::string>> run() {
        for (; position_ < words_.size(); ++position_)
            if (auto done = take(words_[position_]); !done) return std::move(done).error();
        return std::move(out_);
    }

private:
    Result<void> take(const std::string& word) {
        if (ended_) return keep(word);
        if (word == "--") return take_dashes();
        if (word.size() > 1 && word[0] == '-') return take_option(word);
        return command_ == nullptr ? take_command(word) : keep(word);
    }

    Result<void> keep(std::string_view word) {
        if (command_ == nullptr) return take_command(std::string{word});
        out_.push_back(marked(word));
        ++kept_;
        return {};
    }

    /// Ends the options. Behind the names it may be data as well, which only the callback's types tell.
    Result<void> take_dashes() {
        if (in_data()) out_.emplace_back(separator);
        ended_ = true;
        return {};
    }

    Result<void> take_command(const std::string& word) {
        const auto found = grammar_.commands.find(word);
        if (found == grammar_.commands.end()) return unknown("command", word, names_of(grammar_.commands));
        command_ = &found->second;
        out_.push_back(word);
        return {};
    }

    Result<void> take_option(const std::string& word) {
        const auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const bool attached = equals != std::string::npos;
        const std::string name = word.substr(0, equals);
        if (const auto takes_value = look_up(name)) {
            if (attached && *takes_value) return add_value(name, std::string_view{word}.substr(equals + 1));
            if (!attached && *takes_value) return take_value(name);
            if (!attached) return out_.push_back(name), Result<void>{};
            if (!in_data()) return usage_error("Option " + name + " takes no value", "write " + name);
        }
        if (look_up(word.substr(0, 2)).value_or(false) && is_digits(std::string_view{word}.substr(2)))
            return add_value(word.substr(0, 2), std::string_view{word}.substr(2));
        if (in_data()) return keep(word);
        return unknown("option", name, option_names());
    }

    Result<void> take_value(const std::string& name) {
        if (position_ + 1 == words_.size()) return usage_error("Option " + name + " needs a value", "try --help");
        return add_value(name, words_[++position_]);
    }

    Result<void> add_value(std::string name, std::string_view value) {
        // Most likely the shell's variable is empty. Nothing is a key like any other.
        if (value.empty() && name != "--key")
            return usage_error("Option " + name + " has an empty value", "leave it out where there is none");
        out_.push_back(std::move(name));
        out_.push_back(marked(value));
        return {};
    }

    [[nodiscard]] bool in_data() const { return command_ != nullptr && kept_ >= command_->names; }

    [[nodiscard]] std::optional<bool> look_up(std::string_view name) const {
        if (command_ != nullptr)
            if (const auto own = command_->options.find(name); own != command_->options.end()) return own->second;
        const auto common = grammar_.everywhere.find(name);
        if (common == grammar_.everywhere.end()) return std::nullopt;
        return common->second;
    }

    template <class Map>
    static std::vector<std::string> names_of(const Map& map) {
        std::vector<std::string> names;
        names.reserve(map.size());
        for (const auto& [name, _] : map) names.push_back(name);
        return names;
    }

    [[nodiscard]] std::vector<std::string> option_names() const {
        std::vector<std::string> names = names_of(grammar_.everywhere);
        if (command_ != nullptr) std::ranges::copy(names_of(command_->options), std::back_inserter(names));
        return names;
    }

    static Status unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known) {
        const auto near = nearest(word, known);
        if (what == "command" && target(word))
            return usage_error("Unknown command '" + word + "'", "`malla call " + word + "` calls a callback");
        return usage_error("Unknown " + what + " '" + word + "'",
                           near ? "did you mean '" + *near + "'?" : "malla --help lists what there is");
    }

    std::span<const std::string> words_;
    const Grammar& grammar_;
    const Grammar::Command* command_ = nullptr;
    std::size_t position_ = 0;
    std::size_t kept_ = 0;
    bool ended_ = false;
    std::vector<std::string> out_;
};

} // namespace

Result<std::vector<std::string>> mark_words(std::span<const std::string> words, const Grammar& grammar) {
    return Marker{words, grammar}.run();
}

std::string_view unmarked(std::string_view word) noexcept {
    if (word == separator || (!word.empty() && word[0] == mark)) word.remove_prefix(1);
    return word;
}

bool is_separator(std::string_view word) noexcept { return word == separator; }

} // namespace malla::cli
