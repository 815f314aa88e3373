// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace malla::transport {

/// The keys of one party in CURVE, as Z85 texts of 40 characters (ZeroMQ RFC 32). Whoever has the secret
/// one is that party.
struct KeyPair {
    std::string public_key;
    std::string secret_key;
};

/// Whether `text` is a key as it is written.
[[nodiscard]] bool is_key(std::string_view text);

/// A new one, at random.
[[nodiscard]] KeyPair make_key_pair();

/// The one whose secret key is HMAC-SHA-256 of `text` under `secret`; see docs/wire.md, Encryption.
[[nodiscard]] KeyPair derive_key_pair(std::string_view secret, std::string_view text);

/// The key that `secret_key` belongs to; empty when that is no key.
[[nodiscard]] std::string public_key_of(std::string_view secret_key);

/// The written form of 32 bytes.
[[nodiscard]] std::string key_text(std::string_view bytes);

} // namespace malla::transport
