// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/result.hpp"
#include "malla/discovery/meeting_place.hpp"
#include "malla/discovery/view.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace malla::discovery {

/// How far a node has come in joining its mesh, link by link. Any thread.
class JoinState {
public:
    struct Entry {
        std::string endpoint; ///< as it was named
        bool named = false;   ///< by the user, who wants to know if it is not there
        bool answered = false;
        bool up = false;      ///< it answered, and was not lost since
        bool absent = false;  ///< it took no connection when it was tried last
        bool settled = false; ///< it told all that it knows, or there is nobody
        std::optional<Status> refusal{};
    };

    /// How long the others are waited for once the first one has told all that it knows: more than a connection takes
    /// to be made across the world, and less than a person minds.
    static constexpr Clock::duration grace = std::chrono::milliseconds{500};

    /// What is not added is not waited for.
    void add(LinkId link, std::string endpoint, bool named);
    void answered(LinkId link);
    /// Nobody takes the connection now.
    void absent(LinkId link);
    void lost(LinkId link);
    void settled(LinkId link);
    /// The node has reached itself there, so it heard nothing.
    void is_itself(LinkId link);
    void refused(LinkId link, const Status& status);
    /// Ends all waiting.
    void close();

    /// Until every link has told all that it knows or has refused; false when that has not come before `deadline`.
    /// When one has told, those that are absent are not waited for, and the others only for `grace`.
    [[nodiscard]] bool wait_decided(Deadline deadline) const;
    /// Likewise. When none has told, it says what hinders: a refusal, or a named link that never answered.
    [[nodiscard]] Result<void> wait(Deadline deadline) const;
    [[nodiscard]] std::vector<MeetingPlace> places() const;
    [[nodiscard]] std::vector<std::string> unreachable() const;
    [[nodiscard]] std::optional<Status> refusal() const;

private:
    template <class Edit>
    void edit(LinkId link, Edit&& change);
    [[nodiscard]] bool is_decided() const;
    [[nodiscard]] bool wait_decided(std::unique_lock<std::mutex>& lock, Deadline deadline) const;
    [[nodiscard]] std::vector<std::string> find_unreachable() const;
    [[nodiscard]] std::optional<Status> find_refusal() const;

    mutable std::mutex mutex_; // guards all below
    mutable std::condition_variable changed_;
    std::map<LinkId, Entry> entries_;
    std::optional<Clock::time_point> first_told_at_;
    bool closed_ = false;
};

} // namespace malla::discovery
