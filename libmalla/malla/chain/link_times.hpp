// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace malla {

/// What one link of a chain took so far.
struct LinkTime {
    std::uint64_t calls = 0;
    Clock::duration own{}; ///< in all, without the links below it
    Clock::duration longest{};
};

/// How long each link of one callback takes, in the chains that were made with it. Any thread, but one at a time makes
/// chains.
class LinkTimes {
public:
    explicit LinkTimes(std::string_view callback) : callback_{callback} {}
    ~LinkTimes();
    LinkTimes(const LinkTimes&) = delete;
    LinkTimes& operator=(const LinkTimes&) = delete;

    [[nodiscard]] std::string_view callback() const noexcept { return callback_; }
    [[nodiscard]] LinkTime of(std::string_view plugin) const noexcept;

    class Run;
    /// Counts for one link.
    class Meter {
    public:
        Meter(const LinkTimes& times, std::string_view plugin, const Meter* next)
            : times_{&times}, plugin_{plugin}, next_{next} {}

        [[nodiscard]] LinkTime read() const noexcept;

    private:
        friend class LinkTimes;
        friend class Run;

        const LinkTimes* times_;
        const std::string plugin_;
        const Meter* const next_;
        std::atomic<std::uint64_t> calls_ = 0;
        std::atomic<Clock::rep> own_ = 0;
        std::atomic<Clock::rep> longest_ = 0;
    };
    /// That of a plugin's link, which lives as long as this.
    [[nodiscard]] Meter& meter(std::string_view plugin);

private:
    [[nodiscard]] const Meter* find(std::string_view plugin) const noexcept;

    const std::string callback_;
    std::atomic<Meter*> first_ = nullptr; ///< of a list that only grows
};

/// One run of a link: measures from its construction to its destruction, which are on one thread in the order of a
/// stack.
class LinkTimes::Run {
public:
    explicit Run(Meter& meter) noexcept : meter_{&meter}, outer_{current_} { current_ = this; }
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

private:
    Meter* meter_;
    Run* outer_;
    Clock::time_point began_at_ = Clock::now();
    Clock::duration below_{};

    // One copy for the process, shared with services loaded from shared objects.
    [[gnu::visibility("default"), gnu::tls_model("initial-exec")]] static thread_local constinit Run* current_;
};

} // namespace malla
