// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/options.hpp"

#include "malla/transport/context.hpp"
#include "malla/transport/credentials.hpp"
#include "malla/transport/endpoint.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <zmq.h>

namespace malla::transport {

namespace {

struct Option {
    std::string_view name;
    int number;
    std::int64_t value;
};

// The same for every socket. ZeroMQ's own heartbeats stay off: with a bounded queue they can abort
// the process (libzmq 3937, 4364, 4767). Routing ids are never set.
constexpr std::array common{
    Option{"linger", ZMQ_LINGER, 0},
    Option{"ipv6", ZMQ_IPV6, 1},
    Option{"immediate", ZMQ_IMMEDIATE, 1},
    Option{"connect_timeout", ZMQ_CONNECT_TIMEOUT, 1000},
    Option{"handshake_ivl", ZMQ_HANDSHAKE_IVL, 2000},
    Option{"heartbeat_ivl", ZMQ_HEARTBEAT_IVL, 0},
    Option{"reconnect_ivl", ZMQ_RECONNECT_IVL, 100},
    Option{"reconnect_ivl_max", ZMQ_RECONNECT_IVL_MAX, 2000},
    Option{"backlog", ZMQ_BACKLOG, 1024},
    Option{"sndtimeo", ZMQ_SNDTIMEO, 0},
    Option{"rcvtimeo", ZMQ_RCVTIMEO, 0},
    Option{"tcp_keepalive", ZMQ_TCP_KEEPALIVE, 1},
    Option{"tcp_keepalive_idle", ZMQ_TCP_KEEPALIVE_IDLE, 5},
    Option{"tcp_keepalive_intvl", ZMQ_TCP_KEEPALIVE_INTVL, 1},
    Option{"tcp_keepalive_cnt", ZMQ_TCP_KEEPALIVE_CNT, 3},
    Option{"tcp_maxrt", ZMQ_TCP_MAXRT, 5000},
};

std::array<Option, 3> limits(const Profile& profile) {
    return {Option{"maxmsgsize", ZMQ_MAXMSGSIZE, static_cast<std::int64_t>(profile.max_message_bytes)},
            Option{"sndhwm", ZMQ_SNDHWM, profile.high_water_mark},
            Option{"rcvhwm", ZMQ_RCVHWM, profile.high_water_mark}};
}

bool is_wide(int number) noexcept { return number == ZMQ_MAXMSGSIZE; }

template <class Number>
bool set_as(void* handle, int number, std::int64_t value) noexcept {
    const auto narrow = static_cast<Number>(value);
    return uninterrupted([&] { return zmq_setsockopt(handle, number, &narrow, sizeof narrow); }) == 0;
}

template <class Number>
std::optional<std::int64_t> get_as(void* handle, int number) noexcept {
    Number value{};
    auto size = sizeof value;
    if (uninterrupted([&] { return zmq_getsockopt(handle, number, &value, &size); }) != 0) return {};
    return value;
}

bool set(void* handle, int number, std::int64_t value) noexcept {
    return is_wide(number) ? set_as<std::int64_t>(handle, number, value) : set_as<int>(handle, number, value);
}

std::optional<std::int64_t> get(void* handle, int number) noexcept {
    return is_wide(number) ? get_as<std::int64_t>(handle, number) : get_as<int>(handle, number);
}

Status failed(std::string_view option) {
    return Status{"internal_error"}.set_info("ZeroMQ did not take the option " + std::string{option});
}

// ZeroMQ cannot read these back; a test shows what they do.
Result<void> apply_unreadable(void* handle, Pattern pattern) {
    if (pattern == Pattern::router && !set(handle, ZMQ_ROUTER_MANDATORY, 1)) return failed("router_mandatory");
    if (pattern == Pattern::router && !set(handle, ZMQ_ROUTER_HANDOVER, 0)) return failed("router_handover");
    return {};
}

bool set_text(void* handle, int number, const std::string& text) noexcept {
    return uninterrupted([&] { return zmq_setsockopt(handle, number, text.data(), text.size()); }) == 0;
}

bool binds(Pattern pattern) noexcept { return pattern == Pattern::router || pattern == Pattern::pub; }

Result<void> apply_credentials(void* handle, Pattern pattern, const Credentials& credentials) {
    if (binds(pattern)) {
        const bool done = set(handle, ZMQ_CURVE_SERVER, 1) &&
                          set_text(handle, ZMQ_CURVE_SECRETKEY, credentials.server_keys().secret_key) &&
                          set_text(handle, ZMQ_ZAP_DOMAIN, credentials.domain());
        if (!done || get(handle, ZMQ_MECHANISM) != ZMQ_CURVE) return failed("curve_server");
    } else if (!set_text(handle, ZMQ_CURVE_PUBLICKEY, credentials.client_keys().public_key) ||
               !set_text(handle, ZMQ_CURVE_SECRETKEY, credentials.client_keys().secret_key)) {
        return failed("curve_publickey");
    }
    return {};
}

} // namespace

Result<void> expect_key(void* handle, std::string_view endpoint, const Credentials* credentials) {
    const auto [address, named] = split_key(endpoint);
    const auto missing = [&](std::string_view what) {
        return Status{"credentials_required", std::string{address}.append(what)};
    };
    if (credentials == nullptr) {
        if (named.empty()) return {};
        return missing(" is encrypted: say --secret-file, or --key-file");
    }
    if (named.empty() && credentials->has_own_key())
        return missing("#KEY is wanted, with the public key of who listens there");
    const std::string key{named.empty() ? std::string_view{credentials->server_keys().public_key} : named};
    if (!set_text(handle, ZMQ_CURVE_SERVERKEY, key) || get(handle, ZMQ_MECHANISM) != ZMQ_CURVE)
        return failed("curve_serverkey");
    return {};
}

int type_of(Pattern pattern) noexcept {
    switch (pattern) {
    case Pattern::router: return ZMQ_ROUTER;
    case Pattern::dealer: return ZMQ_DEALER;
    case Pattern::pub: return ZMQ_PUB;
    case Pattern::sub: return ZMQ_SUB;
    }
    return -1;
}

Result<void> apply_profile(void* handle, Pattern pattern, const Profile& profile) {
    const auto apply = [handle](const Option& option) {
        return set(handle, option.number, option.value) && get(handle, option.number) == option.value;
    };
    for (const auto& option : common) {
        if (!apply(option)) return failed(option.name);
    }
    for (const auto& option : limits(profile)) {
        if (!apply(option)) return failed(option.name);
    }
    if (profile.credentials)
        if (auto applied = apply_credentials(handle, pattern, *profile.credentials); !applied) return applied;
    return apply_unreadable(handle, pattern);
}

std::map<std::string, std::int64_t> read_options(void* handle) {
    std::map<std::string, std::int64_t> values;
    const auto read = [&](const Option& option) {
        if (const auto value = get(handle, option.number)) values.emplace(option.name, *value);
    };
    for (const auto& option : common) read(option);
    for (const auto& option : limits({})) read(option);
    return values;
}

} // namespace malla::transport
