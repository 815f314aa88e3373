// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/descriptor.hpp"
#include "malla/base/result.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// The calls that wait for one of several commands to take their line. Everything in it is guarded by its mutex,
/// which the callers of its functions hold.
class LineQueue {
public:
    /// Who runs one command: what the others and the callers may know of it.
    struct Worker {
        Worker();
        /// Has its thread look at the queue.
        void wake();

        const Descriptor wake_descriptor;
        bool awake = true;      ///< its thread looks at the queue before it waits
        bool has_child = false; ///< there is a process
        bool ready = false;     ///< it could be handed a line now
        bool was_left = false;  ///< a call whose line it wrote was given up
        bool stopping = false;
        std::size_t written = 0;      ///< lines that it has not answered
        std::size_t ahead = 1;        ///< as many of them as it may have
        Clock::time_point start_at{}; ///< its process is not started before
    };

    struct Call {
        Call(std::string_view text, Deadline until) : line{text}, deadline{until} { line += '\n'; }
        void answer(Result<std::string> with);

        std::string line;
        const Deadline deadline;
        Worker* worker = nullptr; ///< who wrote the line, or is about to
        Clock::time_point written_at{};
        std::string_view given_up; ///< why nobody waits for it any more
        std::optional<Result<std::string>> result;
        std::condition_variable_any changed;
    };
    using CallPtr = std::shared_ptr<Call>; ///< the caller's and the worker's; each may outlast the other

    /// Another one takes calls, until it is removed.
    void add(Worker& worker) { workers_.push_back(&worker); }
    void remove(Worker& worker) { std::erase(workers_, &worker); }

    void push(CallPtr call);
    /// Returns a call that was taken and not written; it is the first again.
    void put_back(CallPtr call);
    /// The first call whose deadline has not passed, if this worker may write one more line: one that is at work
    /// leaves it to those that are free. Null otherwise.
    [[nodiscard]] CallPtr take(Worker& worker);
    [[nodiscard]] bool may_take(const Worker& worker) const;
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    /// Nobody waits for `call` any more, for the reason `why`. Gives whether its line was written.
    bool give_up(const CallPtr& call, std::string_view why);
    /// Answers all that wait for a program that is not there.
    void refuse_waiting();
    /// Has somebody look at the first call, if there is one.
    void wake_for_next();

    /// Why there is no process for these calls, or nothing where there is one.
    [[nodiscard]] std::string why_down() const;

    /// What a call hears while there is no process for it, its program was not there, and it is not yet time to
    /// start it again.
    [[nodiscard]] std::optional<Status> refusal(Clock::time_point now) const;

    std::mutex mutex;
    std::string last_loss;                ///< why a process was lost
    std::optional<Status> nothing_to_run; ///< the program of the last one that was lost was not there

private:
    std::deque<CallPtr> waiting_;
    std::vector<Worker*> workers_;
};

} // namespace malla::cli
