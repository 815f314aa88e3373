// SPDX-License-Identifier: Apache-2.0
#include "wire/check_frame.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Feeds any bytes to the reader of frames; what the mutation test checks is checked here too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string fault = malla::wire::reading_fault({reinterpret_cast<const char*>(data), size});
    if (fault.empty()) return 0;
    std::fputs((fault + '\n').c_str(), stderr);
    std::abort();
}
