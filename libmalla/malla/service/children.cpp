// SPDX-License-Identifier: Apache-2.0
#include "malla/service/children.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace malla {

namespace {

/// Runs a task over and over, with a pause between an end and the next beginning.
struct Repeat {
    Clock::duration every;
    std::function<void()> task;

    void operator()(const std::stop_token& stop) const {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock{mutex};
        while (!stop.stop_requested()) {
            task();
            never.wait_until(lock, stop, Deadline::in(every).at(), [] { return false; });
        }
    }
};

} // namespace

std::string_view name_of(ChildKind kind) noexcept {
    switch (kind) {
    case ChildKind::thread: return "thread";
    case ChildKind::periodic: return "periodic";
    case ChildKind::process: return "process";
    }
    return "thread";
}

Child Child::thread(std::string name, std::function<void(std::stop_token)> body, Restart restart) {
    return {std::move(name), ChildKind::thread, restart, std::move(body), {}, {}};
}

Child Child::periodic(std::string name, Clock::duration every, std::function<void()> task, Restart restart) {
    std::function<void(std::stop_token)> body;
    if (task) body = Repeat{every, std::move(task)};
    return {std::move(name), ChildKind::periodic, restart, std::move(body), {}, {}};
}

Child Child::process(std::string name, std::vector<std::string> argv, ProcessOptions options, Restart restart) {
    return {std::move(name), ChildKind::process, restart, {}, std::move(argv), std::move(options)};
}

} // namespace malla
