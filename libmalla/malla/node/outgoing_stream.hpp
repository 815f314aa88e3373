// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/service/context.hpp"

#include <memory>
#include <string>

namespace malla {

/// A stream that a handler gave, with its values encoded. It must not outlive its service.
class OutgoingStream {
public:
    virtual ~OutgoingStream() = default;

    /// Makes the next value and appends its encoded form to `out`; false behind the last one. For whoever
    /// has passed the door of the service and holds `gate`, if it has one.
    [[nodiscard]] virtual Result<bool> next(Gate* gate, const CallInfo& info, std::string& out) = 0;
};

} // namespace malla
