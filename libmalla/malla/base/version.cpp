// SPDX-License-Identifier: Apache-2.0
#include "malla/base/version.hpp"

namespace malla {

std::string_view library_version() noexcept { return MALLA_VERSION; }

} // namespace malla
