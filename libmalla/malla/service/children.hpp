// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// When a child that ended is started again.
enum class Restart : std::uint8_t {
    permanent, ///< always
    transient, ///< after a crash
    temporary, ///< never
};

/// Which children are started again when one crashed. Others that run are stopped before.
enum class Strategy : std::uint8_t {
    one_for_one,  ///< it alone
    one_for_all,  ///< all
    rest_for_one, ///< it and those behind it in the list
};

enum class ChildKind : std::uint8_t { thread, periodic, process };

/// "thread", "periodic" or "process".
[[nodiscard]] std::string_view name_of(ChildKind kind) noexcept;

struct ProcessOptions {
    std::string directory;                ///< where it runs; where this program does when empty
    std::vector<std::string> environment; ///< each "NAME=value"; the rest is this program's
};

/// What a plugin wants to have running beside it: described here, run by a `Supervisor`.
///
/// A child crashes by an exception out of its body, by an exit status other than 0, or by a signal
/// that nobody asked for. Each start runs a copy of the body as it was given.
struct Child {
    /// Runs `body` on a thread of its own. It returns soon after a stop was requested; whatever it
    /// registers at the token runs on the thread that requests it.
    [[nodiscard]] static Child thread(std::string name, std::function<void(std::stop_token)> body,
                                      Restart restart = Restart::transient);

    /// Runs `task` on a thread of its own: at once, and again `every` after its end, so that it never overlaps.
    [[nodiscard]] static Child periodic(std::string name, Clock::duration every, std::function<void()> task,
                                        Restart restart = Restart::transient);

    /// Runs the program `argv[0]`, found in PATH, in a process group of its own, without input, with
    /// this program's output and error and no other descriptor. It is asked to stop by SIGTERM. What
    /// is left of its group is killed when it ends. In a program that ignores SIGCHLD it cannot be
    /// started; where somebody else waits for it, its end counts as a crash.
    [[nodiscard]] static Child process(std::string name, std::vector<std::string> argv, ProcessOptions options = {},
                                       Restart restart = Restart::transient);

    std::string name; ///< unique among the children of one plugin
    ChildKind kind;
    Restart restart;
    std::function<void(std::stop_token)> body; ///< of a thread or periodic task
    std::vector<std::string> argv;             ///< of a process
    ProcessOptions options;                    ///< of a process
};

/// The children of one plugin, in the order in which they start; they are stopped in the reverse order.
///
/// More than `max_restarts` within `window` are too many: then the plugin fails. A restart has no
/// delay. As in Erlang (https://www.erlang.org/doc/apps/stdlib/supervisor.html), with the defaults of
/// Elixir (https://hexdocs.pm/elixir/Supervisor.html).
struct Children {
    std::vector<Child> children;
    Strategy strategy = Strategy::one_for_one;
    unsigned max_restarts = 3;
    Clock::duration window = std::chrono::seconds{5};
    /// A child that was asked to stop has this long; then a process is killed, and a thread is left
    /// behind, which is a failure of the plugin.
    Clock::duration stop_limit = std::chrono::seconds{5};
};

/// One child as it is now.
struct ChildState {
    std::string name;
    ChildKind kind;
    bool running;
    unsigned restarts;
    int pid; ///< of a process that runs, else 0
};

} // namespace malla
