// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include "cli/schema.hpp"
#include "cli/usage.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace malla::cli {

namespace {

constexpr const char* bytes_hint = "bytes of any kind travel as base64";

enum class Reading { text, base64, choice, any, json };

Reading reading_of(const Json& schema) {
    if (!schema.is_object() || schema.size() == 0) return Reading::any;
    if (text_member(schema, "type") == "string" && schema.find("const") == nullptr) {
        if (schema.find("enum") != nullptr) return Reading::choice;
        return text_member(schema, "contentEncoding") == "base64" ? Reading::base64 : Reading::text;
    }
    // An enumeration may be told by its values alone.
    return schema.find("enum") != nullptr && schema.find("type") == nullptr ? Reading::choice : Reading::json;
}

bool is_base64(std::string_view text) {
    if (text.size() % 4 != 0) return false;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return std::ranges::all_of(text, [](unsigned char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    });
}

Status wrong(const Parameter& parameter, const std::string& why,
             std::string hint = "`malla describe SERVICE.CALLBACK` shows the types") {
    return usage_error("Parameter '" + parameter.name + "' " + why, std::move(hint));
}

Result<std::string> quoted(const Parameter& parameter, std::string_view text) {
    auto json = Json{text}.dump();
    if (!json) return wrong(parameter, "is not text in UTF-8", bytes_hint);
    return json;
}

Result<std::string> read_json(const Parameter& parameter, std::string_view text) {
    const auto value = Json::parse(text);
    if (value) {
        if (const auto why = mismatch(parameter.schema, *value)) return wrong(parameter, *why);
        return std::string{text};
    }
    // A text that is no JSON is shown as the text that it is.
    const auto why = mismatch(parameter.schema, Json{text});
    if (why) return wrong(parameter, *why);
    return wrong(parameter, "wants JSON: " + value.error().info(), R"(a text in JSON has quotes: '"text"')");
}

/// A bare word of the enumeration, or its JSON form.
Result<std::string> read_choice(const Parameter& parameter, std::string_view text) {
    if (!mismatch(parameter.schema, Json{text})) return quoted(parameter, text);
    return read_json(parameter, text);
}

Result<std::string> read_base64(const Parameter& parameter, std::string_view text) {
    if (text.starts_with('"')) {
        const auto inner = Json::parse(text);
        if (inner && inner->is_string()) return read_base64(parameter, inner->as_string());
    }
    if (is_base64(text)) return '"' + std::string{text} + '"';
    return wrong(parameter, "wants bytes as base64", "pass them through base64 -w0");
}

Result<std::string> read_value(const Parameter& parameter, std::string_view text) {
    switch (reading_of(parameter.schema)) {
    case Reading::text: return quoted(parameter, text);
    case Reading::base64: return read_base64(parameter, text);
    case Reading::choice: return read_choice(parameter, text);
    case Reading::any: return Json::parse(text) ? std::string{text} : quoted(parameter, text);
    case Reading::json: break;
    }
    return read_json(parameter, text);
}

Status wrong_count(const CallbackDescription& callback, std::size_t given) {
    const std::size_t wanted = callback.parameters().size();
    return usage_error("The callback takes " + std::to_string(wanted) + (wanted == 1 ? " argument" : " arguments") +
                           ", not " + std::to_string(given),
                       "it takes " + callback.parameters_text());
}

bool looks_like_option(std::string_view word) {
    return word.size() > 3 && word.starts_with("--") && std::isalpha(static_cast<unsigned char>(word[2])) != 0;
}

std::string array_of(const std::vector<std::optional<std::string>>& values) {
    std::string json = "[";
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) json += ',';
        json += *values[i];
    }
    return json += ']';
}

const Parameter any_parameter{"argument", Json::object()};

Result<std::string> untyped_words(std::span<const std::string> words) {
    std::vector<std::optional<std::string>> values;
    for (const std::string& word : words) {
        auto value = read_value(any_parameter, word);
        if (!value) return value;
        values.emplace_back(*std::move(value));
    }
    return array_of(values);
}

/// The words by parameter: named ones where they belong, the others in the places that are left.
class Places {
public:
    explicit Places(const CallbackDescription& callback) : callback_{callback}, texts_(callback.parameters().size()) {}

    /// `all_are_arguments`: whoever wrote them said so.
    Result<void> place(std::span<const std::string> words, bool all_are_arguments) {
        std::vector<std::string_view> plain;
        for (const std::string& word : words) {
            const auto equals = word.find('=');
            const auto parameter =
                equals == std::string::npos ? size() : position(std::string_view{word}.substr(0, equals));
            if (parameter == size()) {
                plain.push_back(word);
            } else {
                if (texts_[parameter])
                    return usage_error("Parameter '" + callback_.parameters()[parameter].name + "' is given twice",
                                       "it takes " + callback_.parameters_text());
                texts_[parameter] = std::string_view{word}.substr(equals + 1);
            }
        }
        auto placed = place_rest(plain, words.size());
        const auto option = std::ranges::find_if(plain, looks_like_option);
        if (placed || all_are_arguments || option == plain.end()) return placed;
        return usage_error(placed.error().info(), std::string{*option} +
                                                      " is no option of this command, and so an argument; " +
                                                      "it takes " + callback_.parameters_text());
    }

    Result<std::string> read() const {
        std::vector<std::optional<std::string>> values;
        for (std::size_t i = 0; i < size(); ++i) {
            auto value = read_value(callback_.parameters()[i], *texts_[i]);
            if (!value) return value;
            values.emplace_back(*std::move(value));
        }
        return array_of(values);
    }

private:
    Result<void> place_rest(std::span<const std::string_view> plain, std::size_t given) {
        auto next = plain.begin();
        for (std::size_t i = 0; i < size(); ++i) {
            if (texts_[i]) continue;
            if (next == plain.end() && plain.size() < given)
                return usage_error("Parameter '" + callback_.parameters()[i].name + "' is missing",
                                   "it takes " + callback_.parameters_text());
            if (next == plain.end()) return wrong_count(callback_, given);
            texts_[i] = *next++;
        }
        if (next != plain.end()) return wrong_count(callback_, given);
        return {};
    }

    [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }
    [[nodiscard]] std::size_t position(std::string_view name) const {
        const auto& all = callback_.parameters();
        return static_cast<std::size_t>(std::ranges::find(all, name, &Parameter::name) - all.begin());
    }

    const CallbackDescription& callback_;
    std::vector<std::optional<std::string_view>> texts_;
};

Result<std::string> array_line(const CallbackDescription& callback, const Json& array, std::string_view line) {
    const auto& parameters = callback.parameters();
    if (array.size() != parameters.size()) return wrong_count(callback, array.size());
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (const auto why = mismatch(parameters[i].schema, array.at(i))) return wrong(parameters[i], *why);
    return std::string{line};
}

Result<std::string> object_line(const CallbackDescription& callback, const Json& object) {
    const auto& parameters = callback.parameters();
    for (std::size_t i = 0; i < object.size(); ++i)
        if (std::ranges::find(parameters, object.member(i).first, &Parameter::name) == parameters.end())
            return usage_error("Unknown parameter '" + std::string{object.member(i).first} + "'",
                               "it takes " + callback.parameters_text());
    Json array = Json::array();
    for (const Parameter& parameter : parameters) {
        const Json* value = object.find(parameter.name);
        if (value == nullptr) return wrong(parameter, "is missing", "it takes " + callback.parameters_text());
        if (const auto why = mismatch(parameter.schema, *value)) return wrong(parameter, *why);
        array.push_back(*value);
    }
    return array.dump();
}

} // namespace

Result<Json> json_or_text(std::string_view text) {
    if (auto json = Json::parse(text)) return json;
    Json value{text};
    if (!value.dump()) return usage_error("The value is not text in UTF-8", bytes_hint);
    return value;
}

Result<CallbackDescription> CallbackDescription::parse(std::string_view json) {
    CallbackDescription description;
    if (json.empty()) return description;
    auto read = Json::parse(json);
    if (!read) return Status{"reply_invalid", "the callback's description is no JSON"};
    if (const Json* result = read->find("result")) description.result_ = *result;
    const Json* stream = read->find("stream");
    description.stream_ = stream != nullptr && *stream == Json{true};
    const Json* params = read->find("params");
    if (params == nullptr || !params->is_array()) return description;
    description.typed_ = true;
    for (std::size_t i = 0; i < params->size(); ++i) {
        const Json* schema = params->at(i).find("schema");
        std::string name{text_member(params->at(i), "name")};
        if (name.empty()) name = std::to_string(i + 1);
        description.parameters_.push_back({std::move(name), schema != nullptr ? *schema : Json::object()});
    }
    return description;
}

std::string CallbackDescription::parameters_text() const {
    if (parameters_.empty()) return "no arguments";
    std::string text;
    for (const Parameter& parameter : parameters_) {
        if (!text.empty()) text += "; ";
        text += parameter.name + ": " + type_text(parameter.schema);
    }
    return text;
}

Result<std::string> arguments_of_words(const CallbackDescription& callback, std::span<const std::string> words,
                                       std::optional<std::size_t> separator) {
    std::vector<std::string> chosen{words.begin(), words.end()};
    const bool is_argument = callback.is_typed() && words.size() == callback.parameters().size();
    if (separator && *separator < chosen.size() && !is_argument)
        chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(*separator));
    if (!callback.is_typed()) return untyped_words(chosen);
    Places places{callback};
    if (auto done = places.place(chosen, separator.has_value()); !done) return std::move(done).error();
    return places.read();
}

Result<std::string> arguments_of_line(const CallbackDescription& callback, std::string_view line) {
    if (callback.is_typed() && callback.parameters().size() == 1) {
        auto value = read_value(callback.parameters()[0], line);
        if (value) return '[' + *value + ']';
        return value;
    }
    const auto value = Json::parse(line);
    if (!value || (!value->is_array() && !value->is_object()))
        return usage_error("The line is no JSON array, nor an object of named arguments",
                           "it takes " + (callback.is_typed() ? callback.parameters_text() : "any values"));
    if (!callback.is_typed()) return std::string{line};
    return value->is_array() ? array_line(callback, *value, line) : object_line(callback, *value);
}

} // namespace malla::cli
