// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/call.hpp"

#include <algorithm>

namespace malla::codec::detail {

namespace {

constexpr std::size_t json_factor_resident = 18; ///< of what is parsed, when parsing is over

std::string joined(std::span<const std::string_view> names) {
    std::string text;
    for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

std::string count_text(std::size_t least, std::span<const std::string_view> names) {
    std::string text = least < names.size() ? std::to_string(least).append(" to ") : std::string{};
    text.append(std::to_string(names.size())).append(names.size() == 1 ? " argument" : " arguments");
    return names.empty() ? text : text.append(" (").append(joined(names)).append(")");
}

[[noreturn]] void refuse(std::string_view status, std::string info) {
    throw Refused{Status{status}.set_info(std::move(info))};
}

} // namespace

Status status_of_exception() {
    try {
        throw;
    } catch (Refused& refused) {
        return std::move(refused.status());
    } catch (const Malformed& malformed) {
        return Status{"request_body_invalid"}.set_info("The request body is invalid at " + malformed.reason());
    } catch (...) {
        return Status{"request_body_invalid"};
    }
}

std::size_t value_budget(std::string_view text) noexcept {
    return (BinarySource::memory_factor - json_factor_resident) * text.size() + BinarySource::memory_base_bytes / 2;
}

void require_arguments(const Json& json, std::span<const std::string_view> names, std::size_t least) {
    if (json.is_array()) {
        if (json.size() < least || json.size() > names.size())
            refuse("invalid_parameters",
                   "expected " + count_text(least, names) + ", got " + std::to_string(json.size()));
        return;
    }
    if (!json.is_object())
        refuse("invalid_parameters",
               "expected an array or an object of " + count_text(least, names) + ", got " + excerpt(json));
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto name = json.member(i).first;
        if (std::ranges::find(names, name) != names.end()) continue;
        Status status{"field_unknown", name};
        status.set_info("Parameter '" + std::string{name} + "' is unknown; expected " + count_text(least, names));
        throw Refused{std::move(status)};
    }
}

Json* find_argument(Json& json, std::string_view name, std::size_t index) noexcept {
    if (json.is_object()) return json.find(name);
    return index < json.size() ? &json.at(index) : nullptr;
}

void refuse_missing(std::string_view name) { throw Refused{Status{"parameter_missing", name}}; }

} // namespace malla::codec::detail
