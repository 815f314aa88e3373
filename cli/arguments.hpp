// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

struct Parameter {
    std::string name;
    Json schema;
};

/// What a callback takes and gives, as its service announces it.
class CallbackDescription {
public:
    /// Reads the announced JSON. An empty text, or one without "params", is a callback that takes
    /// any number of any values.
    [[nodiscard]] static Result<CallbackDescription> parse(std::string_view json);

    [[nodiscard]] bool is_typed() const noexcept { return typed_; }
    [[nodiscard]] const std::vector<Parameter>& parameters() const noexcept { return parameters_; }
    /// Of a callback that gives a stream: one of its values.
    [[nodiscard]] const Json& result() const noexcept { return result_; }
    [[nodiscard]] bool gives_stream() const noexcept { return stream_; }
    /// "op: one of add, multiply; a: a number; b: a number", or "no arguments".
    [[nodiscard]] std::string parameters_text() const;

private:
    bool typed_ = false;
    bool stream_ = false;
    std::vector<Parameter> parameters_;
    Json result_ = Json::object();
};

/// The JSON array of arguments that the words of a command line mean. A word for a string parameter is
/// taken as it stands, for one of any type it is JSON if it reads as JSON, else a string, and for any
/// other it is JSON; `name=value` names a parameter. What does not fit is a `usage` error.
/// `separator`: where a `--` stands that is an argument only if one more is wanted than the others are.
[[nodiscard]] Result<std::string> arguments_of_words(const CallbackDescription& callback,
                                                     std::span<const std::string> words,
                                                     std::optional<std::size_t> separator = {});

/// The JSON array of arguments that one line of input means: for a callback of one parameter the whole
/// line is its value, for any other it is a JSON array, or an object of named arguments.
[[nodiscard]] Result<std::string> arguments_of_line(const CallbackDescription& callback, std::string_view line);

/// JSON if it reads as JSON, else a string, which is a `usage` error where it is not in UTF-8.
[[nodiscard]] Result<Json> json_or_text(std::string_view text);

} // namespace malla::cli
