// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/link_choice.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

LinkChoice::LinkChoice(std::set<std::string> own, const Limits& limits) : own_{std::move(own)}, limits_{limits} {}

void LinkChoice::name(std::size_t finder, std::vector<std::string> endpoints) {
    std::ranges::sort(endpoints);
    auto& named = named_[finder];
    named.clear();
    for (auto& endpoint : endpoints) {
        if (own_.contains(endpoint)) continue;
        if (named.size() == max_named) break;
        candidates_.try_emplace(endpoint);
        named.insert(std::move(endpoint));
    }
}

LinkChoice::Candidate* LinkChoice::find(const std::string& endpoint) {
    const auto found = candidates_.find(endpoint);
    return found == candidates_.end() ? nullptr : &found->second;
}

void LinkChoice::up(const std::string& endpoint) {
    if (Candidate* candidate = find(endpoint)) *candidate = {State::up, false, {}};
}

void LinkChoice::complete(const std::string& endpoint) {
    if (Candidate* candidate = find(endpoint)) candidate->state = State::complete;
}

void LinkChoice::down(const std::string& endpoint, Clock::time_point now) {
    if (Candidate* candidate = find(endpoint); candidate && candidate->is_up()) *candidate = {State::lost, false, now};
}

void LinkChoice::pass_over(const std::string& endpoint, Clock::time_point now) {
    Candidate* candidate = find(endpoint);
    if (candidate && candidate->state != State::lost) *candidate = {State::passed_over, true, now};
}

void LinkChoice::is_own(const std::string& endpoint) {
    own_.insert(endpoint);
    candidates_.erase(endpoint);
    for (auto& [finder, named] : named_) named.erase(endpoint);
}

bool LinkChoice::any_up() const {
    return std::ranges::any_of(candidates_, [](const auto& each) { return each.second.is_up(); });
}

bool LinkChoice::is_named(const std::string& endpoint) const {
    return std::ranges::any_of(named_, [&](const auto& each) { return each.second.contains(endpoint); });
}

/// A link that was lost is kept until somebody else has told what he knows: until then those whom only it listed stay
/// known.
void LinkChoice::expire(Clock::time_point now) {
    const bool others =
        std::ranges::any_of(candidates_, [](const auto& each) { return each.second.state == State::complete; });
    for (auto& [endpoint, candidate] : candidates_) {
        const bool late = now - candidate.since >= limits_.answer;
        if (late && (candidate.state == State::trying || (candidate.state == State::lost && others)))
            candidate = {State::passed_over, true, now};
    }
    std::erase_if(candidates_, [&](const auto& each) {
        const bool kept = each.second.is_up() || (each.second.state == State::lost && !others);
        return !kept && !is_named(each.first);
    });
}

std::set<std::string> LinkChoice::choose(Clock::time_point now) {
    expire(now);
    std::set<std::string> chosen;
    for (const auto& [finder, named] : named_) choose_of(named, now, chosen);
    std::size_t up = 0;
    for (const auto& endpoint : chosen) up += find(endpoint)->is_up() ? 1 : 0;
    for (auto& [endpoint, candidate] : candidates_) {
        if (chosen.contains(endpoint)) continue;
        if (candidate.state == State::lost) chosen.insert(endpoint);
        else if (candidate.is_up() && up < wanted) ++up, chosen.insert(endpoint);
        else if (candidate.state != State::passed_over) candidate = {};
    }
    return chosen;
}

/// Who is tried again takes nobody's place before he answers.
void LinkChoice::choose_of(const std::set<std::string>& named, Clock::time_point now, std::set<std::string>& chosen) {
    std::size_t places = wanted;
    std::size_t again = wanted;
    for (const auto& endpoint : named) {
        if (places == 0) return;
        Candidate& candidate = candidates_.at(endpoint);
        const bool due = candidate.state == State::idle ||
                         (candidate.state == State::passed_over && now - candidate.since >= limits_.retry);
        if (due && !(candidate.again && again == 0)) candidate = {State::trying, candidate.again, now};
        if (candidate.state == State::trying && candidate.again && again > 0) --again;
        if (candidate.is_up() || (candidate.state == State::trying && !candidate.again)) --places;
        if (candidate.is_up() || candidate.state == State::trying || candidate.state == State::lost)
            chosen.insert(endpoint);
    }
}

bool LinkChoice::is_settled(std::size_t finder) const {
    const auto named = named_.find(finder);
    if (named == named_.end()) return false;
    return std::ranges::none_of(named->second, [&](const std::string& endpoint) {
        const Candidate& candidate = candidates_.at(endpoint);
        return candidate.state == State::up || (candidate.state == State::trying && !candidate.again);
    });
}

bool LinkChoice::is_unanswered(std::size_t finder) const {
    const auto named = named_.find(finder);
    if (named == named_.end() || named->second.empty()) return false;
    return std::ranges::none_of(named->second,
                                [&](const std::string& endpoint) { return candidates_.at(endpoint).is_up(); });
}

} // namespace malla::discovery
