// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/service/request.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// A call that has passed, its bytes as they travelled.
struct PassedCall {
    struct Bytes {
        std::size_t size = 0;
        std::string kept; ///< all of them, or nothing of more than `Tap::max_shown_bytes`
        SentCall::Read read = nullptr;

        /// JSON text, or nothing where it was not kept or cannot be read.
        [[nodiscard]] std::optional<std::string> text(bool is_json) const;
    };

    std::int64_t at_us = 0; ///< since 1970
    std::string callback;
    std::string caller;
    bool json = false;
    Bytes arguments;
    Bytes result;
    std::string status; ///< "ok", or what it failed with
    std::string info;
    Clock::duration took{};
};

/// Keeps the calls of a service that pass, until they are taken. What comes faster is counted and dropped, so that no
/// call waits for whoever looks. Any thread.
class Tap : public Plugin {
public:
    using Callbacks = malla::Callbacks<HandleRequest>;

    static constexpr std::size_t max_kept_calls = 1000;
    static constexpr std::size_t max_kept_bytes = 4 * 1024 * 1024;
    /// Of arguments, or of a result.
    static constexpr std::size_t max_shown_bytes = 16 * 1024;

    /// Of this callback; of all when it is empty.
    explicit Tap(std::string callback) : callback_{std::move(callback)} {}

    Result<void> on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request);

    /// Waits for a call at most so long, and takes what there is, but not more than fits into a message.
    [[nodiscard]] std::vector<PassedCall> take(const std::stop_token& cancelled, Clock::duration limit);
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
    void keep(const IncomingRequest& request, PassedCall&& call);
    [[nodiscard]] bool is_full() const noexcept;

    const std::string callback_;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::size_t> kept_calls_ = 0;
    std::atomic<std::size_t> kept_bytes_ = 0;
    std::mutex mutex_;
    std::condition_variable_any came_;
    std::deque<PassedCall> calls_;
};

} // namespace malla
