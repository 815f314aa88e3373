// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// A node from its start to its end: 128 random bits, new at each start of the process, so that
/// a message for a node that is gone is never taken by the one that follows it at its address.
class NodeId {
public:
    static constexpr std::size_t size_bytes = 16;
    using Bytes = std::array<std::uint8_t, size_bytes>;

    /// The id of no node: all zero.
    constexpr NodeId() noexcept = default;
    constexpr explicit NodeId(const Bytes& bytes) noexcept : bytes_{bytes} {}

    /// A new id from the system's random source.
    [[nodiscard]] static NodeId random();
    /// Reads what `text` wrote: 32 hexadecimal digits.
    [[nodiscard]] static std::optional<NodeId> parse(std::string_view text) noexcept;

    [[nodiscard]] constexpr const Bytes& bytes() const noexcept { return bytes_; }
    [[nodiscard]] constexpr bool is_nil() const noexcept { return *this == NodeId{}; }
    [[nodiscard]] std::string text() const;

    friend constexpr auto operator<=>(const NodeId&, const NodeId&) noexcept = default;

private:
    Bytes bytes_{};
};

/// One call, unique in the mesh: the node that made it and that node's count of calls.
struct RequestId {
    NodeId origin;
    std::uint64_t number = 0;

    [[nodiscard]] constexpr bool is_nil() const noexcept { return number == 0; }
    friend constexpr auto operator<=>(const RequestId&, const RequestId&) noexcept = default;
};

} // namespace malla

template <>
struct std::hash<malla::NodeId> {
    /// The id is random, so its first bytes are a hash already.
    std::size_t operator()(const malla::NodeId& id) const noexcept {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | id.bytes()[i];
        return value;
    }
};
