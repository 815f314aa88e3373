// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace malla::discovery {

/// Which of the endpoints that finders name a node links to: of each finder's, in the order of their texts, the first
/// few that answer. The order is the same on all nodes, so these meet at the same places, and one mesh comes of it.
///
/// Has no sockets and reads no clock.
class LinkChoice {
public:
    /// One place to meet could end, and a second while the first is replaced. More would only cost: in a fleet of N
    /// nodes each place listens to all N.
    static constexpr std::size_t wanted = 3;
    /// What a finder names beyond that is not looked at.
    static constexpr std::size_t max_named = 1000;

    struct Limits {
        /// Whoever has not answered by then is passed over.
        Clock::duration answer = std::chrono::seconds{2};
        /// Who was passed over is tried again after that.
        Clock::duration retry = std::chrono::seconds{5};
    };

    LinkChoice(std::set<std::string> own, const Limits& limits);

    /// What one of the finders, counted from 0, names now.
    void name(std::size_t finder, std::vector<std::string> endpoints);

    // What became of the link to an endpoint. Of no effect for those that nobody names or named.
    void up(const std::string& endpoint);
    /// It has told all that it knows.
    void complete(const std::string& endpoint);
    void down(const std::string& endpoint, Clock::time_point now);
    /// Nobody is there, or nobody who lets this node in.
    void pass_over(const std::string& endpoint, Clock::time_point now);
    /// It is this node itself.
    void is_own(const std::string& endpoint);

    /// The endpoints to have links to from now on. Those that are up and no longer named are kept as long as there are
    /// not enough others: a registry that forgot everybody must not take a mesh apart.
    [[nodiscard]] std::set<std::string> choose(Clock::time_point now);

    /// Whether nothing of what the finder names is about to answer or to tell more.
    [[nodiscard]] bool is_settled(std::size_t finder) const;
    /// Whether it names others than this node, none of whom answers.
    [[nodiscard]] bool is_unanswered(std::size_t finder) const;
    /// Whether any link is up.
    [[nodiscard]] bool any_up() const;

private:
    enum class State { idle, trying, up, complete, lost, passed_over };
    struct Candidate {
        State state = State::idle;
        bool again = false; ///< it was passed over before
        Clock::time_point since{};

        [[nodiscard]] bool is_up() const noexcept { return state == State::up || state == State::complete; }
    };

    Candidate* find(const std::string& endpoint);
    void expire(Clock::time_point now);
    void choose_of(const std::set<std::string>& named, Clock::time_point now, std::set<std::string>& chosen);
    [[nodiscard]] bool is_named(const std::string& endpoint) const;

    std::set<std::string> own_;
    Limits limits_;
    std::map<std::size_t, std::set<std::string>> named_;
    std::map<std::string, Candidate> candidates_;
};

} // namespace malla::discovery
