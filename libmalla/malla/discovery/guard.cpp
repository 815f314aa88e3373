// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/guard.hpp"

#include "malla/transport/endpoint.hpp"

#include <string>

namespace malla::discovery {

Result<void> may_bind(std::string_view endpoint, bool insecure) {
    if (insecure || transport::is_loopback(endpoint)) return {};
    return Status{"credentials_required",
                  "other machines can reach " + std::string{endpoint} + "; --insecure binds it without credentials"};
}

} // namespace malla::discovery
