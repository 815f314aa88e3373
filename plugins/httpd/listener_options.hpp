// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/codec/field.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace malla::plugins {

/// One entry of `httpd` in a service's configuration.
struct ListenerOptions {
    std::string name;
    std::string address = "127.0.0.1"; ///< numeric
    std::uint16_t port = 3500;         ///< 0: the system picks one
    bool insecure = false;             ///< may be reached from other machines

    bool operator==(const ListenerOptions&) const = default;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("name", name), field("port", port), field("address", address), field("insecure", insecure));
    }
};

/// The listeners that a service's configuration asks for: one that has all defaults where it has no
/// `httpd`. Those after the first are "default-1" on port 3501 and so on. `field_unknown`,
/// `parameter_invalid`, `credentials_required`: each says where.
[[nodiscard]] Result<std::vector<ListenerOptions>> listeners_of(const Json& config);

/// "127.0.0.1:3500" or "[::1]:3500".
[[nodiscard]] std::string endpoint_text(const std::string& address, std::uint16_t port);

} // namespace malla::plugins
