// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/transport/key.hpp"

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace malla::transport {

/// Who somebody is, as the key of the connection proves.
struct Identity {
    std::string name; ///< from the list of allowed keys; empty where keys do not tell nodes apart
    bool may_administer = false;
};

/// A line of the list of allowed keys.
struct AllowedKey {
    std::string key;
    Identity identity;
};

/// What a participant shows to others, and whom it lets in. With it every socket is encrypted by CURVE, and
/// nobody without an allowed key gets as far as a message. Any thread.
class Credentials {
public:
    /// A cluster secret has at least so many bytes, and at most.
    static constexpr std::size_t min_secret_bytes = 32;
    static constexpr std::size_t max_secret_bytes = 4096;

    /// Everybody with the secret is let in, and may administer. White space around it does not count.
    /// `credentials_invalid` when it is too short to be one, or too long.
    [[nodiscard]] static Result<std::shared_ptr<Credentials>> of_cluster(std::string_view secret);
    /// Everybody on the list is let in. `credentials_invalid` when `own` is no key pair.
    [[nodiscard]] static Result<std::shared_ptr<Credentials>> of_node(KeyPair own,
                                                                      const std::vector<AllowedKey>& allowed);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    /// For sockets that bind.
    [[nodiscard]] const KeyPair& server_keys() const noexcept { return server_; }
    /// For sockets that connect.
    [[nodiscard]] const KeyPair& client_keys() const noexcept { return client_; }
    /// Whether each node has a key of its own, which others have to be told.
    [[nodiscard]] bool has_own_key() const noexcept { return own_; }
    /// `endpoint`, with the key that whoever connects to it has to know, if he has to.
    [[nodiscard]] std::string with_key(std::string_view endpoint) const;

    /// Whom the key of a connection belongs to; null when it is not let in.
    [[nodiscard]] std::shared_ptr<const Identity> identify(std::string_view key) const;
    /// Replaces the list. Who is no longer on it is no longer heard by a ROUTER, at once.
    void allow(const std::vector<AllowedKey>& allowed);

    /// The name by which ZeroMQ asks for these, and for no others.
    [[nodiscard]] const std::string& domain() const noexcept { return domain_; }

private:
    Credentials(KeyPair server, KeyPair client, bool own);

    const KeyPair server_;
    const KeyPair client_;
    const bool own_;
    const std::string domain_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::shared_ptr<const Identity>, std::less<>> allowed_;
};

/// What cannot be used, and how to mend it.
[[nodiscard]] Status credentials_invalid(std::string_view reason);

/// The files that credentials come from; empty: none.
struct CredentialFiles {
    std::string secret; ///< the cluster secret
    std::string key;    ///< an own key pair, as `malla keygen` writes it
    std::string allow;  ///< the keys that are let in, a line each; goes with `key`
};

/// What the files say; null when none is named. `credentials_invalid` says which is wrong, and how to mend it.
[[nodiscard]] Result<std::shared_ptr<Credentials>> load_credentials(const CredentialFiles& files);
/// Reads the list of allowed keys again. What it says counts from then on, unless it cannot be read.
[[nodiscard]] Result<void> reload_allowed(Credentials& credentials, const CredentialFiles& files);

/// The text of a file with a key pair, and what it says.
[[nodiscard]] std::string key_file_text(const KeyPair& keys);
[[nodiscard]] Result<KeyPair> read_key_file(std::string_view text);
/// Reads lines of a key, a name and, at will, the word `admin`. Empty ones and those that begin with # say nothing.
[[nodiscard]] Result<std::vector<AllowedKey>> read_allowed_keys(std::string_view text);

} // namespace malla::transport
