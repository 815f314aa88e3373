// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"
#include "cli/context_files.hpp"
#include "cli/settings.hpp"
#include "cli/usage.hpp"

#include <filesystem>

namespace malla::cli {

namespace {

namespace fs = std::filesystem;

Status wrong_value(const fs::path& file, std::string_view key, const char* wanted) {
    return usage_error(file.string() + ": '" + std::string{key} + "' wants " + wanted,
                       "as `malla context add` writes it");
}

/// Reads one member into the place that it belongs to.
class Member {
public:
    Member(const fs::path& file, std::string_view key, const Json& value) : file_{file}, key_{key}, value_{value} {}

    Result<void> into(std::optional<std::string>& text) const {
        if (!value_.is_string()) return wrong_value(file_, key_, "a text");
        text = value_.as_string();
        return {};
    }
    Result<void> into(std::vector<std::string>& list) const {
        if (value_.is_string()) return list.push_back(value_.as_string()), Result<void>{};
        if (value_.is_array())
            for (std::size_t i = 0; i < value_.size(); ++i)
                if (value_.at(i).is_string()) list.push_back(value_.at(i).as_string());
        if (list.empty() || list.size() != value_.size()) return wrong_value(file_, key_, "a text or a list of texts");
        return {};
    }
    Result<void> into(bool& flag) const {
        if (value_.kind() != Json::Kind::boolean) return wrong_value(file_, key_, "true or false");
        flag = value_.as_bool();
        return {};
    }
    /// A path counts from the folder that the context is in.
    Result<void> into_path(std::optional<std::string>& path) const {
        auto done = into(path);
        if (done) path = (file_.parent_path() / *path).string();
        return done;
    }

private:
    const fs::path& file_;
    std::string_view key_;
    const Json& value_;
};

Result<void> read_member(const fs::path& file, std::string_view key, const Json& value, Settings& settings) {
    const Member member{file, key, value};
    if (key == "broker") return member.into(settings.brokers);
    if (key == "peer") return member.into(settings.peers);
    if (key == "loopback") return member.into(settings.loopback);
    if (key == "cluster") return member.into(settings.cluster);
    if (key == "secret-file") return member.into_path(settings.secret_file);
    if (key == "key-file") return member.into_path(settings.key_file);
    if (key == "allow") return member.into_path(settings.allow_file);
    if (key == "timeout") return member.into(settings.timeout);
    if (key == "format") return member.into(settings.format);
    if (key == "insecure") return member.into(settings.insecure);
    return usage_error(file.string() + ": unknown setting '" + std::string{key} + "'",
                       "broker, peer, loopback, cluster, secret-file, key-file, allow, timeout, format, insecure");
}

} // namespace

Result<Settings> context_settings(std::string_view name, const Environment& environment) {
    const std::string wanted{name};
    if (auto fault = context_name_fault(wanted)) return *std::move(fault);
    const auto file = context_file(wanted, environment);
    if (!file && wanted == "default") return Settings{};
    if (!file) return unknown_context(wanted, environment);
    const auto read = read_config_file(*file);
    if (!read) return read.error();
    Settings settings;
    settings.timeout_name = file->string() + ": timeout";
    settings.format_name = file->string() + ": format";
    for (std::size_t i = 0; i < read->size(); ++i) {
        const auto [key, value] = read->member(i);
        if (auto done = read_member(*file, key, value, settings); !done) return std::move(done).error();
    }
    return settings;
}

} // namespace malla::cli
