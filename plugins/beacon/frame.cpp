// SPDX-License-Identifier: Apache-2.0
#include "plugins/beacon/frame.hpp"

#include <algorithm>

namespace malla::plugins {

namespace {

constexpr std::string_view magic = "MLLB";
constexpr std::size_t head_bytes = magic.size() + 2 + NodeId::size_bytes;

/// A length and as many bytes; takes them off `rest`.
std::optional<std::string_view> take_text(std::string_view& rest) {
    if (rest.empty()) return std::nullopt;
    const std::size_t size = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    if (size > rest.size()) return std::nullopt;
    const auto text = rest.substr(0, size);
    rest.remove_prefix(size);
    return text;
}

} // namespace

std::optional<std::string> encode(const BeaconFrame& frame) {
    if (frame.cluster.size() > BeaconFrame::max_text_bytes || frame.endpoint.size() > BeaconFrame::max_text_bytes)
        return std::nullopt;
    std::string bytes{magic};
    bytes.push_back(static_cast<char>(BeaconFrame::version));
    bytes.push_back(static_cast<char>(frame.kind));
    for (const auto byte : frame.node.bytes()) bytes.push_back(static_cast<char>(byte));
    for (const auto* text : {&frame.cluster, &frame.endpoint}) {
        bytes.push_back(static_cast<char>(static_cast<std::uint8_t>(text->size())));
        bytes.append(*text);
    }
    return bytes;
}

std::optional<BeaconFrame> decode_beacon(std::string_view bytes) {
    if (bytes.size() < head_bytes || !bytes.starts_with(magic)) return std::nullopt;
    const auto kind = static_cast<std::uint8_t>(bytes[magic.size() + 1]);
    const bool known = static_cast<std::uint8_t>(bytes[magic.size()]) == BeaconFrame::version && kind >= 1 && kind <= 3;
    if (!known) return std::nullopt;
    NodeId::Bytes node{};
    std::ranges::copy(bytes.substr(magic.size() + 2, node.size()), node.begin());
    auto rest = bytes.substr(head_bytes);
    const auto cluster = take_text(rest);
    const auto endpoint = cluster ? take_text(rest) : std::nullopt;
    if (!endpoint || !rest.empty() || NodeId{node}.is_nil()) return std::nullopt;
    return BeaconFrame{BeaconFrame::Kind{kind}, NodeId{node}, std::string{*cluster}, std::string{*endpoint}};
}

} // namespace malla::plugins
