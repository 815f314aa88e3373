// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/port_holder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace malla::transport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view listening = "0A"; // TCP_LISTEN in /proc/net/tcp

/// The inode of the socket that listens at `port`, from a table such as /proc/net/tcp.
std::optional<std::string> listener(const char* table, unsigned port) {
    std::ifstream lines{table};
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream fields{line};
        std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        const auto colon = local.find(':');
        if (state != listening || colon == std::string::npos) continue;
        unsigned found = 0;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
        if (found == port) return inode;
    }
    return std::nullopt;
}

bool has_open(const fs::path& process, const std::string& target) {
    std::error_code error;
    for (fs::directory_iterator fd{process / "fd", error}, end; !error && fd != end; fd.increment(error)) {
        std::error_code unreadable;
        if (fs::read_symlink(fd->path(), unreadable) == target) return true;
    }
    return false;
}

std::string process_with(const std::string& target) {
    std::error_code error;
    for (fs::directory_iterator each{"/proc", error}, end; !error && each != end; each.increment(error)) {
        const std::string pid = each->path().filename();
        if (!std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; })) continue;
        if (!has_open(each->path(), target)) continue;
        std::string name;
        std::getline(std::ifstream{each->path() / "comm"}, name);
        return name.append(" (process ").append(pid).append(")");
    }
    return {};
}

} // namespace

std::string port_holder(std::string_view endpoint) {
    const auto colon = endpoint.rfind(':');
    unsigned port = 0;
    if (!endpoint.starts_with("tcp://")) return {};
    std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"})
        if (const auto inode = listener(table, port)) return process_with("socket:[" + *inode + "]");
    return {};
}

} // namespace malla::transport
