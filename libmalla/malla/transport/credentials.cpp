// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/credentials.hpp"

#include "malla/transport/endpoint.hpp"
#include "malla/transport/zap.hpp"

#include <mutex>
#include <utility>

namespace malla::transport {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\n\v\f\r";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

} // namespace

Status credentials_invalid(std::string_view reason) { return Status{"credentials_invalid", reason}; }

Credentials::Credentials(KeyPair server, KeyPair client, bool own)
    : server_{std::move(server)}, client_{std::move(client)}, own_{own}, domain_{add_zap_domain(*this)} {}

Credentials::~Credentials() { remove_zap_domain(domain_); }

Result<std::shared_ptr<Credentials>> Credentials::of_cluster(std::string_view secret) {
    secret = trimmed(secret);
    if (secret.size() < min_secret_bytes)
        return credentials_invalid("a cluster secret has at least " + std::to_string(min_secret_bytes) +
                                   " bytes; `malla keygen --secret FILE` makes one");
    if (secret.size() > max_secret_bytes)
        return credentials_invalid("a cluster secret has at most " + std::to_string(max_secret_bytes) + " bytes");
    std::shared_ptr<Credentials> made{new Credentials{derive_key_pair(secret, "malla curve server 1"),
                                                      derive_key_pair(secret, "malla curve client 1"), false}};
    made->allow({{made->client_.public_key, {"", true}}});
    return made;
}

Result<std::shared_ptr<Credentials>> Credentials::of_node(KeyPair own, const std::vector<AllowedKey>& allowed) {
    if (!is_key(own.public_key) || public_key_of(own.secret_key) != own.public_key)
        return credentials_invalid("its keys are no pair; `malla keygen FILE` makes one");
    KeyPair same = own;
    std::shared_ptr<Credentials> made{new Credentials{std::move(own), std::move(same), true}};
    made->allow(allowed);
    return made;
}

std::string Credentials::with_key(std::string_view endpoint) const {
    return std::string{endpoint} + (own_ ? '#' + server_.public_key : "");
}

std::shared_ptr<const Identity> Credentials::identify(std::string_view key) const {
    const std::shared_lock lock{mutex_};
    const auto found = allowed_.find(key);
    return found == allowed_.end() ? nullptr : found->second;
}

void Credentials::allow(const std::vector<AllowedKey>& allowed) {
    std::map<std::string, std::shared_ptr<const Identity>, std::less<>> all;
    for (const auto& [key, identity] : allowed) all.insert_or_assign(key, std::make_shared<Identity>(identity));
    // A node calls itself too, and joins the rendezvous that it holds.
    if (own_) all.try_emplace(client_.public_key, std::make_shared<Identity>(Identity{"", true}));
    const std::unique_lock lock{mutex_};
    allowed_ = std::move(all);
}

} // namespace malla::transport
