// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/outgoing_stream.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/stream.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace malla {

/// A stream on its way to a caller elsewhere: makes values while there is credit for them.
class ServedStream {
public:
    using Send = std::function<transport::Sent(std::string&& frame)>;

    /// What it needs before it can go on.
    enum class Needs : std::uint8_t {
        credit,  ///< the caller has to take something
        turn,    ///< nothing: others were to have their turn
        room,    ///< what leads to the caller is full
        nothing, ///< it is over
    };

    ServedStream(std::unique_ptr<OutgoingStream> stream, std::uint64_t id, wire::Content content,
                 wire::Window window) noexcept;

    /// Any thread.
    void add(const wire::Credit& credit);
    /// Whether there is credit for a value. Any thread.
    [[nodiscard]] bool has_credit() const;

    /// Makes and sends values for a moment, for whoever has passed the door and holds `gate`, if the
    /// service has one. When it needs nothing more, `end` is what is left to be sent.
    [[nodiscard]] Needs go_on(Gate* gate, const CallInfo& info, const Send& send);
    /// STREAM_END, or nothing for a stream that nobody hears any more.
    [[nodiscard]] const std::optional<wire::StreamEnd>& end() const noexcept { return end_; }

private:
    [[nodiscard]] bool make(Gate* gate, const CallInfo& info);
    void finish(std::optional<Status> why);
    void spend(std::int64_t values, std::int64_t bytes);

    const std::uint64_t id_;
    const wire::Content content_;
    const wire::Window window_;
    std::unique_ptr<OutgoingStream> stream_;
    std::uint64_t sent_ = 0;
    std::optional<wire::StreamEnd> end_;
    std::string frame_; ///< a value that is to be sent
    std::size_t body_bytes_ = 0;

    mutable std::mutex mutex_; // of the credit
    std::int64_t values_;
    std::int64_t bytes_; ///< below 0 after a value that was larger than what was left
};

} // namespace malla
