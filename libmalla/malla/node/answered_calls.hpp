// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/transport/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace malla {

/// Remembers idempotent calls, so that one which comes again over a new connection is not run again: it gets the
/// answer that is kept, or that of the run which is under way. Any thread; the caller passes the time in.
///
/// For each node that calls, it keeps the last `max_calls` or those of `life`, and their answers up to `max_bytes`,
/// whichever ends first. Answers longer than `max_answer_bytes` are not kept, only that they were given.
class AnsweredCalls {
public:
    static constexpr Clock::duration life = std::chrono::seconds{60};
    static constexpr std::size_t max_calls = 4096;
    static constexpr std::size_t max_bytes = 8 * 1024 * 1024;
    static constexpr std::size_t max_answer_bytes = 4096;
    /// The one that has called the longest ago is forgotten first.
    static constexpr std::size_t max_nodes = 1024;

    enum class Known : std::uint8_t {
        fresh,     ///< to be run, and to be ended by `answered` or `not_run`
        running,   ///< gets the answer of the run that is under way
        answered,  ///< has the answer that is in `frame`
        forgotten, ///< may have run, or was overtaken by too many others: not to be run
        other,     ///< the id is that of a different call
    };
    struct Entry {
        Known known = Known::fresh;
        std::string frame;
    };

    /// A call has come from `peer`. `content` stands for all that makes it the same call as another of its id.
    [[nodiscard]] Entry enter(const RequestId& id, std::uint64_t content, transport::Peer peer, Clock::time_point now);
    /// A fresh call has ended with this answer. Gives who else waits for it.
    [[nodiscard]] std::vector<transport::Peer> answered(const RequestId& id, std::string_view frame);
    /// No handler began: it may come again. Gives who else waits for it.
    [[nodiscard]] std::vector<transport::Peer> not_run(const RequestId& id);

private:
    struct Call {
        std::uint64_t number;
        std::uint64_t content;
        Clock::time_point at;
        bool running = true;
        std::string frame;                   ///< empty when it was too long
        std::vector<transport::Peer> others; ///< of repetitions while it runs
    };
    using Calls = std::list<Call>;
    struct Origin {
        Calls calls; ///< oldest first
        std::unordered_map<std::uint64_t, Calls::iterator> by_number;
        std::size_t bytes = 0;
        std::uint64_t forgotten_up_to = 0;
        std::list<NodeId>::iterator place;
    };

    Origin& origin(NodeId node);
    void forget_one();
    static void tidy(Origin& origin, Clock::time_point now);
    static void drop(Origin& origin, Calls::iterator call);

    std::mutex mutex_;
    std::unordered_map<NodeId, Origin> origins_;
    std::list<NodeId> last_called_; ///< the longest ago first
};

} // namespace malla
