// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/discovery/join_state.hpp"
#include "malla/discovery/link_choice.hpp"
#include "malla/transport/poller.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace malla::discovery {

/// The finders of one node, and the links that the node has since they named somebody.
///
/// On the thread of its poller, except where said. What it changes, it changes between two callbacks of the poller.
class Finders {
public:
    struct Outlets {
        /// Makes a link, unless there is one, and tells `up` and `complete` if they hold already.
        std::function<void(const std::string& endpoint)> link;
        /// Ends one that was made so.
        std::function<void(const std::string& endpoint)> unlink;
        /// Whether any such link is up has changed.
        std::function<void(bool)> any_up;
    };

    /// `joining` hears how far each of `sources` has come, under `first` and the ids behind it.
    Finders(transport::Poller& poller, JoinState& joining, LinkId first, Outlets outlets);
    ~Finders();
    Finders(const Finders&) = delete;
    Finders& operator=(const Finders&) = delete;

    /// Makes the finders. On the thread that joins, before anything else.
    [[nodiscard]] Result<void> open(const std::vector<FinderSource>& sources);
    /// `host` has no functions yet.
    void start(const Finder::Host& host, const LinkChoice::Limits& limits);
    /// Any thread but that of the poller; harmless when called again.
    void stop(Deadline deadline);
    /// From now on no link is made or ended.
    void leave() { left_ = true; }
    void tick() { apply(); }

    // What became of a link, also of those that were made otherwise.
    void up(const std::string& endpoint);
    void complete(const std::string& endpoint);
    void down(const std::string& endpoint);
    void absent(const std::string& endpoint);
    void refused(const std::string& endpoint, const Status& status);

private:
    struct Entry {
        std::string url;
        FinderFactory make; // keeps the code of the finder
        LinkId id{};
        bool answered = false;
        std::string failure; // as it was logged last
        std::unique_ptr<Finder> finder;
    };

    void on_found(std::size_t index, std::vector<std::string> endpoints);
    void on_failed(std::size_t index, const Status& status);
    void apply_soon();
    void apply();
    void tell_joining();

    transport::Poller& poller_;
    JoinState& joining_;
    std::uint32_t next_id_;
    Outlets outlets_;
    std::vector<Entry> entries_;
    std::optional<LinkChoice> choice_; // from the start on
    std::set<std::string> links_;
    std::optional<Status> refusal_; // the last one of those that are named
    bool any_up_ = false;
    bool applying_ = false;
    bool left_ = false;
    std::mutex stopping_mutex_; // guards the two below
    bool started_ = false;
    bool stopped_ = false;
};

} // namespace malla::discovery
