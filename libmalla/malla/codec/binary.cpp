// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/binary.hpp"

namespace malla::codec::detail {

void write_sized(std::string& out, std::string_view bytes) {
    write(out, std::uint64_t{bytes.size()});
    out += bytes;
}

void write(std::string& out, const Json& json) {
    const std::size_t start = out.size();
    write(out, std::uint64_t{0});
    // What has no JSON form is written so that the reader refuses it and says why.
    (void)json.dump_to(out);
    const auto size = static_cast<std::uint64_t>(out.size() - start - sizeof(std::uint64_t));
    std::memcpy(out.data() + start, &size, sizeof size);
}

void read(BinarySource& in, std::vector<std::byte>& bytes) {
    const auto view = in.take(in.take_count(1, 1));
    const auto* const first = reinterpret_cast<const std::byte*>(view.data());
    bytes.assign(first, first + view.size());
}

void read(BinarySource& in, Json& json) {
    constexpr auto cost = element_cost<Json>();
    auto value = Json::parse(in.take(in.take_count(cost.least_bytes, cost.memory_bytes)));
    if (!value) in.fail(value.error().info());
    json = *std::move(value);
}

} // namespace malla::codec::detail
