// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/settings.hpp"
#include "malla/base/version_range.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace malla::cli {

/// What every command is told.
struct Common {
    MeshOptions mesh;
    bool verbose = false;
    bool quiet = false;
};

/// SERVICE.CALLBACK; a service's own name may have dots, a callback's has none.
struct Target {
    std::string service;
    std::string callback;
};

/// The words behind SERVICE.CALLBACK.
struct Arguments {
    std::vector<std::string> words;
    /// Where a `--` stood among them, where it counts as an argument if the callback wants one more.
    std::optional<std::size_t> separator;
};

struct CallCommand {
    Target target;
    Arguments arguments;
    bool from_input = false; ///< one call for each line of standard input
    std::string on;
    VersionRange version;
    std::optional<std::string> key;
    bool all = false; ///< every instance
    bool one_way = false;
    bool idempotent = false;
    bool no_wait = false;
    // For a stream.
    std::size_t in_flight = 1;
    bool unordered = false;
    bool keep_going = false;
    bool null_separated = false;
    std::uint64_t from_line = 1;
    bool progress = false;
};

struct LsCommand {};
struct NodesCommand {};

struct InfoCommand {
    std::string service;
};

struct DescribeCommand {
    std::string service;
    std::string callback; ///< empty: all of them
};

/// Of commands that host services; what is empty is as in NodeOptions.
struct HostOptions {
    std::string name;
    std::string bind;
    std::string advertise;
};

struct RunCommand {
    std::vector<std::filesystem::path> files;
    std::optional<std::filesystem::path> config;
    std::vector<std::string> settings; ///< SERVICE.PATH=VALUE
    HostOptions host;
};

/// A shell command behind a callback.
struct ServedCommand {
    static constexpr std::size_t max_workers = 1024; ///< each has a process, and a thread under `lines`

    Target target;
    std::string command;
    bool lines = false;
    bool json = false;
    std::size_t workers = 1;
    std::optional<Clock::duration> limit;
};

struct ServeCommand {
    ServedCommand served;
    std::optional<std::filesystem::path> file; ///< has the commands instead
    HostOptions host;
};

/// The chain of a service, or a change of it.
struct PluginsCommand {
    enum class Change : std::uint8_t { none, add, remove, set };

    std::string service;
    Change change = Change::none;
    std::vector<std::string> plugins; ///< names, or paths of shared objects
    std::string on;
};

struct ExplainCommand {
    Target target;
    std::string on;
    bool measure = false;
    std::uint64_t count = 0; ///< calls to measure; 0: as many as come
    Clock::duration time = std::chrono::seconds{5};
};

/// The configuration of a service, one value of it, or a change of it.
struct ConfigCommand {
    enum class Action : std::uint8_t { show, get, change };

    Action action = Action::show;
    std::string service;
    std::string path;                          ///< to get
    std::vector<std::string> settings;         ///< PATH=VALUE
    std::optional<std::filesystem::path> file; ///< to apply
    std::string on;
};

/// pause, resume, stop, drain and ready.
struct LifecycleCommand {
    enum class Wish : std::uint8_t { pause, resume, stop, drain, ready };

    Wish wish = Wish::ready;
    std::string service;
    std::string on;
    bool wait = false; ///< until it is drained, or ready
};

struct PubCommand {
    std::string topic;
    std::string value = "null";
    bool from_input = false; ///< an event for each line of standard input
};

struct SubCommand {
    std::string pattern;
    std::uint64_t count = 0; ///< 0: without an end
};

struct WatchCommand {
    std::string pattern; ///< of events
};

/// What services and nodes do, as it changes.
struct TopCommand {
    Clock::duration every = std::chrono::seconds{1};
    std::uint64_t count = 0; ///< of looks; 0: without an end
};

/// How long a call to each node takes.
struct PingCommand {
    std::string node; ///< empty: every one
    std::uint64_t count = 1;
    Clock::duration every = std::chrono::seconds{1};
};

inline constexpr std::size_t max_bench_threads = 1024;

struct BenchCommand {
    Target target;
    Arguments arguments;
    std::string on;
    std::size_t in_flight = 1; ///< a thread for each
    std::uint64_t count = 0;   ///< 0: only the duration counts
    Clock::duration duration = std::chrono::seconds{5};
};

/// What is wrong with how the mesh is found, and what to do about it.
struct DoctorCommand {};

struct ContextCommand {
    enum class Action : std::uint8_t { list, add, use, remove };

    Action action = Action::list;
    std::string name;
    Settings settings; ///< to add
};

/// A script that has a shell complete what is typed.
struct CompletionCommand {
    std::string shell; ///< bash, zsh or fish
};

/// What such a script asks: candidates for the last word, a line each.
struct CompleteCommand {
    std::vector<std::string> words;
};

/// Writes the manual page of each command, in the language of man.
struct ManualCommand {
    std::filesystem::path folder;
};

/// New credentials: a key pair, or the secret of a cluster.
struct KeygenCommand {
    std::string file; ///< empty: to standard output
    bool secret = false;
};

/// One call, and what it causes.
struct TraceCommand {
    Target target;
    Arguments arguments;
    std::string on;
    bool no_wait = false;
};

struct TapCommand {
    std::string service;
    std::string callback; ///< empty: all of them
    std::string on;
};

struct VersionCommand {};

/// Help that was asked for: to standard output.
struct HelpCommand {
    std::string text;
};

using Command =
    std::variant<HelpCommand, VersionCommand, CallCommand, LsCommand, NodesCommand, InfoCommand, DescribeCommand,
                 RunCommand, ServeCommand, PluginsCommand, ExplainCommand, ConfigCommand, LifecycleCommand, PubCommand,
                 SubCommand, WatchCommand, TopCommand, PingCommand, BenchCommand, DoctorCommand, ContextCommand,
                 CompletionCommand, CompleteCommand, ManualCommand, KeygenCommand, TraceCommand, TapCommand>;

struct Invocation {
    Common common;
    Command command;
};

} // namespace malla::cli
