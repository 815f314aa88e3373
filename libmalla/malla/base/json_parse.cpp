// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

namespace malla {

namespace {

Status syntax_error(std::size_t byte, std::string_view reason) {
    Status status{"syntax_error", reason};
    status.set_info("Syntax error at byte " + std::to_string(byte) + ": " + std::string{reason});
    return status;
}

/// The part of nlohmann's message that is for people: without its number and without the text
/// read last, which need not be UTF-8.
std::string_view reason_in(std::string_view message) {
    if (const auto at = message.find(" - "); at != std::string_view::npos) message.remove_prefix(at + 3);
    else if (const auto id = message.find("] "); id != std::string_view::npos) message.remove_prefix(id + 2);
    return message.substr(0, message.find("; last read"));
}

/// Puts together what nlohmann's parser reads, and stops it where the text gets too deep.
class Builder {
public:
    using Parser = nlohmann::json;

    std::optional<Status> failure;
    Json root;

    bool null() { return add(Json{}); }
    bool boolean(bool value) { return add(Json{value}); }
    bool number_integer(std::int64_t value) { return add(Json{value}); }
    bool number_unsigned(std::uint64_t value) { return add(Json{value}); }
    bool number_float(double value, const std::string&) { return add(Json{value}); }
    bool string(std::string& value) { return add(Json{std::move(value)}); }
    bool binary(Parser::binary_t&) { return false; }

    bool start_object(std::size_t) { return open(Json::object()); }
    bool start_array(std::size_t) { return open(Json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        open_.back().name = std::move(name);
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
        failure = syntax_error(byte, reason_in(error.what()));
        return false;
    }

private:
    struct Level {
        Json container;
        std::string name; ///< of the member that comes next
    };

    bool open(Json container) {
        if (open_.size() == Json::max_depth) {
            failure = Status{"syntax_error", "deeper than " + std::to_string(Json::max_depth) + " levels"};
            return false;
        }
        open_.push_back({std::move(container), {}});
        return true;
    }

    bool close() {
        Json done = std::move(open_.back().container);
        open_.pop_back();
        return add(std::move(done));
    }

    bool add(Json value) {
        if (open_.empty()) root = std::move(value);
        else if (Level& level = open_.back(); level.container.is_array()) level.container.push_back(std::move(value));
        else level.container.set(level.name, std::move(value));
        return true;
    }

    std::vector<Level> open_;
};

} // namespace

Result<Json> Json::parse(std::string_view text) {
    // nlohmann takes a zero byte for the end of the text.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos) return syntax_error(zero + 1, "a zero byte");
    Builder builder;
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
    return *std::move(builder.failure);
}

} // namespace malla
