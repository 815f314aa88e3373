// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace malla::transport {

class Credentials;

// Who decides for ZeroMQ whether a key is let in (RFC 27). There is one decider for the process, from the first
// credentials on to the end: a socket with CURVE but without one would let in everybody.

/// Has `credentials` decide for the sockets of the domain that is returned, until they are removed. After that,
/// as for every unknown domain, nobody is let in.
[[nodiscard]] std::string add_zap_domain(const Credentials& credentials);
void remove_zap_domain(const std::string& domain) noexcept;

} // namespace malla::transport
