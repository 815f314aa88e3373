// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/guard.hpp"

#include "malla/transport/endpoint.hpp"
#include "malla/wire/limits.hpp"
#include "malla/wire/reader.hpp"

#include <string>
#include <utility>

namespace malla::discovery {

Result<void> may_bind(std::string_view endpoint, const transport::Credentials* credentials, bool insecure) {
    if (credentials || insecure || transport::is_loopback(endpoint)) return {};
    if (auto known = transport::resolve(endpoint); !known) return std::move(known).error();
    return Status{"credentials_required", "other machines can reach " + std::string{endpoint} +
                                              "; say --secret-file or --key-file, or --insecure to do without"};
}

Result<void> may_be_named(std::string_view what, std::string_view name) {
    const auto fault = wire::text_fault(name, what, wire::max_name_bytes);
    if (!fault) return {};
    return Status{"usage", "It could not be announced: " + *fault}.set_data(
        "hint", "a name is short, and has no control characters");
}

std::string_view own_key_of(const transport::Message& message, const transport::Credentials* credentials) noexcept {
    return credentials && credentials->has_own_key() ? message.key() : std::string_view{};
}

} // namespace malla::discovery
