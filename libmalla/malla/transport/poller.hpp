// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/transport/monitor.hpp"
#include "malla/transport/socket.hpp"
#include "malla/transport/timers.hpp"
#include "malla/transport/wake.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

struct pollfd;

namespace malla::transport {

/// The loop of one thread: calls back for sockets with input, for timers, and for what other
/// threads post. Each round serves control before data and takes at most `Socket::batch` messages
/// of each socket, so that none starves another.
///
/// The thread in `run` owns it: only `post` and `stop` are for other threads. Before `run` any
/// one thread may fill it. Callbacks may add, remove, cancel and stop; they must not throw.
class Poller {
public:
    enum class Priority { control, data };
    using Function = std::function<void()>;
    using OnMessages = std::function<void(std::span<Message>)>;
    using OnEvents = std::function<void(std::span<const LinkEvent>)>;

    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Calls back with 1 to `Socket::batch` messages, which it may move away. `remove` before the
    /// socket is destroyed; a closed one removes itself.
    void add(Socket& socket, OnMessages on_messages, Priority priority = Priority::data);
    void add(Monitor& monitor, OnEvents on_events);
    /// Calls back while `fd` is readable.
    void add(int fd, Function on_readable, Priority priority = Priority::control);
    /// Afterwards it is not called back for. No effect on what was not added.
    void remove(const Source& source);
    void remove(int fd);

    TimerId at(Clock::time_point when, Function function);
    /// First in one `period` from now.
    TimerId every(Clock::duration period, Function function);
    void cancel(TimerId id);

    /// Runs `function` on the loop, after those posted before. Any thread. Dropped unrun when the
    /// loop stops.
    void post(Function function);

    /// Returns when `stop` was called, after the callbacks of that round. Once.
    void run();
    /// Any thread, signal handlers too.
    void stop() noexcept;

private:
    struct Entry;

    bool arm_all();
    void wait(bool block);
    void disarm_all();
    void run_posted();
    void dispatch(Priority priority);
    [[nodiscard]] int timeout_ms() const;

    Wake wake_;
    std::atomic<bool> stopping_{false};
    std::vector<std::unique_ptr<Entry>> entries_;
    std::vector<pollfd> polled_;
    std::vector<Message> messages_;
    std::vector<LinkEvent> events_;
    Timers timers_;
    std::mutex posted_mutex_;
    std::vector<Function> posted_;
};

} // namespace malla::transport
