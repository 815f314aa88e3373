// SPDX-License-Identifier: Apache-2.0
#include "cli/round_trip.hpp"

#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"

#include <algorithm>
#include <chrono>

namespace malla::cli {

namespace {

constexpr Clock::duration answer_limit = std::chrono::seconds{1};

Result<void> call(Node& node, const NodeView& other, Clock::duration limit) {
    CallOptions options = within(limit);
    options.no_wait = true;
    options.on = other.id.text();
    const auto answer = node.call(admin::Api::name(), admin::Ping::name(), "[]", options);
    if (answer) return {};
    const auto there = node.nodes();
    const bool is_known = std::ranges::find(there, other.id, &NodeView::id) != there.end();
    // A host in another language says that it has no such service: an answer, too.
    if (is_known && answer.error().id() == "service_not_available") return {};
    return answer.error();
}

} // namespace

Result<Clock::duration> round_trip(Node& node, const NodeView& other, Clock::duration timeout) {
    const auto limit = std::min(timeout, answer_limit);
    if (auto connected = call(node, other, limit); !connected) return std::move(connected).error();
    const auto begin = Clock::now();
    if (auto answered = call(node, other, limit); !answered) return std::move(answered).error();
    return Clock::now() - begin;
}

} // namespace malla::cli
