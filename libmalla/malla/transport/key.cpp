// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/key.hpp"

#include <array>
#include <cstdint>

#include <sodium.h>
#include <zmq.h>

namespace malla::transport {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t text_length = 40;

using Buffer = std::array<char, text_length + 1>;

} // namespace

bool is_key(std::string_view text) {
    std::array<std::uint8_t, key_bytes> bytes{};
    return text.size() == text_length && zmq_z85_decode(bytes.data(), std::string{text}.c_str()) != nullptr;
}

KeyPair make_key_pair() {
    Buffer open{};
    Buffer secret{};
    zmq_curve_keypair(open.data(), secret.data()); // fails only in a libzmq without CURVE
    return {open.data(), secret.data()};
}

KeyPair derive_key_pair(std::string_view secret, std::string_view text) {
    const auto bytes_of = [](std::string_view from) { return reinterpret_cast<const unsigned char*>(from.data()); };
    crypto_auth_hmacsha256_state state;
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest{};
    crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(text), text.size());
    crypto_auth_hmacsha256_final(&state, digest.data());
    static_assert(digest.size() == key_bytes);
    std::string secret_key = key_text({reinterpret_cast<const char*>(digest.data()), digest.size()});
    return {public_key_of(secret_key), std::move(secret_key)};
}

std::string public_key_of(std::string_view secret_key) {
    Buffer open{};
    if (!is_key(secret_key) || zmq_curve_public(open.data(), std::string{secret_key}.c_str()) != 0) return {};
    return open.data();
}

std::string key_text(std::string_view bytes) {
    Buffer text{};
    if (bytes.size() != key_bytes) return {};
    zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return text.data();
}

} // namespace malla::transport
