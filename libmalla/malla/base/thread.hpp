// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace malla {

/// Starts a thread that takes no signal, so that a signal reaches only the threads of the
/// program. `name` shows in `top -H`; its first 15 characters count.
[[nodiscard]] std::thread start_thread(const std::string& name, std::function<void()> body);

} // namespace malla
