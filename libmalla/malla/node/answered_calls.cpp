// SPDX-License-Identifier: Apache-2.0
#include "malla/node/answered_calls.hpp"

#include <algorithm>
#include <utility>

namespace malla {

AnsweredCalls::Entry AnsweredCalls::enter(const RequestId& id, std::uint64_t content, transport::Peer peer,
                                          Clock::time_point now) {
    const std::lock_guard lock{mutex_};
    Origin& from = origin(id.origin);
    tidy(from, now);
    tidy(origins_.at(last_called_.front()), now); // whoever does not call any more
    if (const auto known = from.by_number.find(id.number); known != from.by_number.end()) {
        Call& call = *known->second;
        if (call.content != content) return {Known::other, {}};
        if (call.running) {
            if (std::ranges::find(call.others, peer) == call.others.end()) call.others.push_back(peer);
            return {Known::running, {}};
        }
        if (call.frame.empty()) return {Known::forgotten, {}};
        return {Known::answered, call.frame};
    }
    if (id.number <= from.forgotten_up_to) return {Known::forgotten, {}};
    from.calls.push_back({id.number, content, now, true, {}, {}});
    from.by_number.emplace(id.number, std::prev(from.calls.end()));
    tidy(from, now);
    return {};
}

std::vector<transport::Peer> AnsweredCalls::answered(const RequestId& id, std::string_view frame) {
    const std::lock_guard lock{mutex_};
    const auto from = origins_.find(id.origin);
    if (from == origins_.end()) return {};
    const auto known = from->second.by_number.find(id.number);
    if (known == from->second.by_number.end()) return {};
    Call& call = *known->second;
    call.running = false;
    if (frame.size() <= max_answer_bytes) {
        call.frame = frame;
        from->second.bytes += frame.size();
    }
    auto others = std::exchange(call.others, {});
    tidy(from->second, call.at);
    return others;
}

std::vector<transport::Peer> AnsweredCalls::not_run(const RequestId& id) {
    const std::lock_guard lock{mutex_};
    const auto from = origins_.find(id.origin);
    if (from == origins_.end()) return {};
    const auto known = from->second.by_number.find(id.number);
    if (known == from->second.by_number.end()) return {};
    auto others = std::move(known->second->others);
    drop(from->second, known->second);
    return others;
}

AnsweredCalls::Origin& AnsweredCalls::origin(NodeId node) {
    const auto [known, added] = origins_.try_emplace(node);
    Origin& origin = known->second;
    if (!added) {
        last_called_.splice(last_called_.end(), last_called_, origin.place);
        return origin;
    }
    origin.place = last_called_.insert(last_called_.end(), node);
    if (origins_.size() > max_nodes) forget_one();
    return origin;
}

// Of those that have no call that runs.
void AnsweredCalls::forget_one() {
    const auto newest = std::prev(last_called_.end());
    const auto found = std::find_if(last_called_.begin(), newest, [this](NodeId node) {
        return std::ranges::none_of(origins_.at(node).calls, &Call::running);
    });
    if (found == newest) return; // as many as may run at all
    origins_.erase(*found);
    last_called_.erase(found);
}

// One that runs has others that wait for it, or may have: it moves behind the others.
void AnsweredCalls::tidy(Origin& origin, Clock::time_point now) {
    for (std::size_t looked_at = origin.calls.size(); looked_at > 0; --looked_at) {
        const auto oldest = origin.calls.begin();
        const bool fits = origin.calls.size() <= max_calls && origin.bytes <= max_bytes;
        if (fits && now - oldest->at < life) return;
        if (oldest->running) {
            origin.calls.splice(origin.calls.end(), origin.calls, oldest);
            continue;
        }
        origin.forgotten_up_to = std::max(origin.forgotten_up_to, oldest->number);
        drop(origin, oldest);
    }
}

void AnsweredCalls::drop(Origin& origin, Calls::iterator call) {
    origin.bytes -= call->frame.size();
    origin.by_number.erase(call->number);
    origin.calls.erase(call);
}

} // namespace malla
