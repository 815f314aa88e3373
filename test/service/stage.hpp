// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/supervisor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla::test {

using Notes = std::vector<std::string>;

/// Where children act that end when the test says so, and where what happens is written down.
class Stage {
public:
    /// Writes "+name" when it begins, "-name" when it ends because it was asked to stop, "!name" when
    /// it crashes and ".name" when it returns by itself.
    Child actor(const std::string& name, Restart restart = Restart::transient) {
        const auto body = [this, name](const std::stop_token& stop) { act(name, stop); };
        return Child::thread(name, body, restart);
    }
    void crash(const std::string& name) { tell(name, '!'); }
    void end(const std::string& name) { tell(name, '.'); }

    void note(const std::string& text) {
        const std::lock_guard lock{mutex_};
        notes_.push_back(text);
        changed_.notify_all();
    }
    /// Waits until there are that many; gives those from `first` on.
    Notes notes(std::size_t count, std::size_t first = 0) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return notes_.size() >= count; });
        return {notes_.begin() + static_cast<std::ptrdiff_t>(std::min(first, notes_.size())), notes_.end()};
    }
    Notes notes() { return notes(0); }

private:
    void tell(const std::string& name, char what) {
        const std::lock_guard lock{mutex_};
        told_[name] = what;
        changed_.notify_all();
    }
    void act(const std::string& name, const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        notes_.push_back("+" + name);
        changed_.notify_all();
        changed_.wait(lock, stop, [&] { return told_[name] != 0; });
        const char what = std::exchange(told_[name], '\0');
        notes_.push_back((what != 0 ? what : '-') + name);
        changed_.notify_all();
        if (what == '!') throw std::runtime_error{"told to"};
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, char> told_;
    Notes notes_;
};

/// What a supervisor says when it gives up.
class GivenUp {
public:
    Supervisor::GaveUp listener() {
        return [this](const Status& status) {
            const std::lock_guard lock{mutex_};
            all_.push_back(status);
            changed_.notify_all();
        };
    }
    /// Waits for the first one.
    Status status() {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return !all_.empty(); });
        return came ? all_.front() : Status{"timeout"};
    }
    std::size_t count() {
        const std::lock_guard lock{mutex_};
        return all_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Status> all_;
};

inline Supervisor::GaveUp never_gives_up() {
    return [](const Status& status) { ADD_FAILURE() << status.text(); };
}

/// A body that does not look at its token, and returns when the test opens the door.
class Door {
public:
    static Child stubborn(const std::string& name, std::shared_ptr<Door> door) {
        return Child::thread(name, [door = std::move(door)](const std::stop_token&) { door->stay(); });
    }
    void stay() {
        inside_ = true;
        inside_.notify_all();
        open_.wait(false);
    }
    void wait_until_inside() const { inside_.wait(false); }
    void open() {
        open_ = true;
        open_.notify_all();
    }

private:
    std::atomic<bool> open_ = false;
    std::atomic<bool> inside_ = false;
};

inline ChildState state_of(const Supervisor& supervisor, std::string_view name) {
    const auto all = supervisor.children();
    return *std::ranges::find(all, name, &ChildState::name);
}

inline Deadline soon() { return Deadline::in(std::chrono::seconds{60}); }

} // namespace malla::test
