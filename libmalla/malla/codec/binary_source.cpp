// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/binary_source.hpp"

namespace malla::codec {

void BinarySource::fail(std::string_view reason) const {
    throw Malformed{"byte " + std::to_string(at_) + " of " + std::to_string(body_.size()) + ": " + std::string{reason}};
}

void BinarySource::fail_missing(std::size_t size) const { fail(std::to_string(size - left()) + " bytes are missing"); }

void BinarySource::fail_count(std::uint64_t count) const {
    fail(std::to_string(count) + " elements do not fit in the " + std::to_string(left()) + " bytes left");
}

void BinarySource::fail_memory(std::uint64_t count) const {
    fail(std::to_string(count) + " elements take too much memory for a body of this size");
}

} // namespace malla::codec
