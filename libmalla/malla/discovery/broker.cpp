// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/broker.hpp"

#include "malla/discovery/broker_parts.hpp"
#include "malla/discovery/guard.hpp"

#include <utility>

namespace malla::discovery {

Broker::Broker(std::unique_ptr<Parts> parts) noexcept : parts_{std::move(parts)} {}
Broker::~Broker() = default;

Result<std::unique_ptr<Broker>> Broker::open(transport::Poller& poller, Options options) {
    if (auto named = may_be_named("cluster name", options.cluster); !named) return std::move(named).error();
    auto parts = std::make_unique<Parts>(poller, std::move(options));
    if (auto bound = parts->bind(); !bound) return std::move(bound).error();
    parts->start();
    return std::unique_ptr<Broker>{new Broker{std::move(parts)}};
}

NodeId Broker::id() const noexcept { return parts_->id; }
const std::vector<std::string>& Broker::endpoints() const noexcept { return parts_->endpoints; }
const SharedDirectory& Broker::directory() const noexcept { return parts_->directory(); }
void Broker::farewell(NodeId node, std::uint64_t sequence) { parts_->farewell(node, sequence); }
void Broker::readmit() { parts_->readmit(); }
void Broker::close(Clock::duration flush) { parts_->close(flush); }

} // namespace malla::discovery
