// SPDX-License-Identifier: Apache-2.0
#include "malla/node/advertised.hpp"

#include "malla/discovery/link.hpp"
#include "malla/transport/endpoint.hpp"

#include <vector>

namespace malla {

namespace {

// Nobody's, see RFC 5737: what leads there is the way to other machines.
constexpr const char* elsewhere = "tcp://192.0.2.1:1";
constexpr const char* nowhere_else = "tcp://127.0.0.1:1";

std::vector<std::string> named_rendezvous(const NodeOptions& options) {
    auto named = options.brokers;
    named.insert(named.end(), options.peers.begin(), options.peers.end());
    return named;
}

} // namespace

std::string default_bind(const NodeOptions& options) {
    const auto& files = options.credentials;
    const bool for_others = options.insecure || !files.secret.empty() || !files.key.empty();
    for (const std::string& endpoint : for_others ? named_rendezvous(options) : std::vector<std::string>{}) {
        const auto resolved = transport::resolve(endpoint);
        if (!resolved || transport::is_loopback(*resolved)) continue;
        if (const auto host = transport::own_host_towards(*resolved)) return "tcp://" + *host + ":*";
    }
    return "tcp://127.0.0.1:*";
}

Result<std::string> advertised_endpoint(const NodeOptions& options, const std::string& bound) {
    if (!options.advertise.empty()) return transport::canonical(options.advertise);
    if (discovery::with_host_of(bound, nowhere_else) == bound) return bound; // not all addresses
    auto towards = named_rendezvous(options);
    towards.emplace_back(elsewhere);
    for (const std::string& endpoint : towards) {
        const auto resolved = transport::resolve(endpoint);
        const auto host = resolved ? transport::own_host_towards(*resolved) : std::nullopt;
        if (host) return discovery::with_host_of(bound, "tcp://" + *host + ":1");
    }
    return discovery::with_host_of(bound, nowhere_else);
}

} // namespace malla
