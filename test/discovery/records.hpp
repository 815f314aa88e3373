// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/wire/message.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace malla::test {

inline Clock::time_point at(Clock::duration since_start) {
    return Clock::time_point{std::chrono::hours{1}} + since_start;
}

inline NodeId node_id(std::uint8_t number) {
    NodeId::Bytes bytes{};
    bytes.back() = number;
    return NodeId{bytes};
}

inline wire::NodeRecord record_of(NodeId id, std::uint64_t sequence, std::string service = {}) {
    wire::NodeRecord record;
    record.id = id;
    record.name = "node-" + id.text().substr(30);
    record.cluster = "malla";
    record.host = "here";
    record.sequence = sequence;
    record.endpoints = {"tcp://127.0.0.1:1"};
    if (!service.empty()) {
        wire::ServiceRecord offered;
        offered.name = std::move(service);
        offered.status = RunningStatus::running;
        record.services.push_back(std::move(offered));
    }
    return record;
}

inline std::string announcement(const wire::NodeRecord& record) { return wire::encode(record).operator*(); }

/// The messages of one type among encoded ones.
template <class Message>
std::vector<Message> only(const std::vector<std::string>& frames) {
    std::vector<Message> found;
    for (const std::string& frame : frames) {
        const auto decoded = wire::decode(frame);
        if (decoded && std::holds_alternative<Message>(*decoded)) found.push_back(std::get<Message>(*decoded));
    }
    return found;
}

} // namespace malla::test
