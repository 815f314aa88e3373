// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "cli/hints.hpp"

#include <algorithm>

namespace malla::cli {

namespace {

/// Integers, nearly all results of a stream, need no rewriting.
bool is_plain(std::string_view json) noexcept {
    return !json.empty() && std::ranges::all_of(json, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

int digit_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

Result<std::string> decoded(std::string_view base64) {
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    while (base64.ends_with('=')) base64.remove_suffix(1);
    for (const char c : base64) {
        const int digit = digit_of(c);
        if (digit < 0) return Status{"reply_invalid", "the bytes are no base64"};
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
    }
    return bytes;
}

Status unreadable(const Status& why) { return Status{"reply_invalid", why.info()}; }

Result<std::string> with_newline(Result<std::string> text) {
    if (!text) return unreadable(text.error());
    *text += '\n';
    return text;
}

Result<std::string> raw_text(const Json& value, bool bytes) {
    if (!value.is_string()) return value.dump();
    if (bytes) return decoded(value.as_string());
    return value.as_string();
}

Json error_object(const Status& status) {
    return Json::object({{"status", status.id()},
                         {"code", status.code()},
                         {"info", status.info()},
                         {"outcome", name_of(status.outcome())}});
}

Json object_of(const Status::Fields& fields) {
    Json object = Json::object();
    for (const auto& [key, value] : fields) object.set(key, value);
    return object;
}

std::string line_of(const Json& value) {
    auto text = value.dump();
    return (text ? *std::move(text) : R"({"status":"reply_invalid"})") + '\n';
}

} // namespace

Result<std::string> result_text(std::string_view json, const ResultStyle& style) {
    if (is_plain(json)) return style.format == Format::raw ? std::string{json} : std::string{json}.append("\n");
    const auto value = Json::parse(json);
    if (!value) return unreadable(value.error());
    switch (style.format) {
    case Format::json: break;
    case Format::raw: return raw_text(*value, style.bytes);
    case Format::automatic:
        if (value->is_string() && !style.in_stream) return value->as_string() + '\n';
        break;
    case Format::text:
        if (value->is_string()) return value->as_string() + '\n';
        if (!style.in_stream) return with_newline(value->pretty());
        break;
    }
    return with_newline(value->dump());
}

std::string error_text(const Status& failed, Format format, const Terminal& terminal) {
    Status status = failed;
    if (auto hint = hint_for(status); !hint.empty() && !status.data().contains("hint"))
        status.set_data("hint", std::move(hint));
    if (format == Format::json) {
        Json object = error_object(status);
        if (!status.data().empty()) object.set("data", object_of(status.data()));
        if (!status.metadata().empty()) object.set("metadata", object_of(status.metadata()));
        return line_of(object);
    }
    std::string text = status.text();
    if (const auto hint = status.data().find("hint"); hint != status.data().end()) text += "\nhint: " + hint->second;
    if (terminal.is_terminal) text = harmless(text, true);
    return text += '\n';
}

std::string failed_line_text(std::uint64_t line, const Status& status) {
    return line_of(Json::object({{"line", line}, {"error", error_object(status)}}));
}

Result<std::string> node_line_text(std::string_view node, std::string_view json, const ResultStyle& style) {
    if (style.format == Format::raw) return result_text(json, style);
    const auto value = Json::parse(json);
    if (!value) return unreadable(value.error());
    if (style.format != Format::text) return line_of(Json::object({{"node", node}, {"result", *value}}));
    ResultStyle one_of_many = style;
    one_of_many.in_stream = true;
    auto text = result_text(json, one_of_many);
    if (text) text->insert(0, std::string{node}.append(": "));
    return text;
}

std::string failed_node_text(std::string_view node, const Status& status) {
    return line_of(Json::object({{"node", node}, {"error", error_object(status)}}));
}

} // namespace malla::cli
