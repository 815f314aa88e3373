// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/stream.hpp"
#include "malla/node/channel.hpp"

#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace malla {

/// Where the encoded values of a stream come from. Destroying it stops the stream.
class ValueSource {
public:
    virtual ~ValueSource() = default;
    /// Whether `next` would not wait for another node any more; waits for that until `until`.
    [[nodiscard]] virtual bool wait(Deadline until) = 0;
    [[nodiscard]] virtual Result<std::optional<Returned>> next() = 0;
};

/// A stream of results from a service, wherever it runs. At most 128 values and 1 MiB are on their way, or wait here to
/// be taken. Destroying it stops the handler.
///
/// A deadline of `CallOptions` is that of the whole stream. Without one each value may take the node's
/// `timeout`, and what the caller does between two values does not count. One thread at a time; it must not
/// outlive its node, nor the service whose code made the call.
template <class T>
class [[nodiscard]] RemoteStream {
public:
    using Decode = Result<T> (*)(std::string_view body);

    RemoteStream(std::unique_ptr<ValueSource> source, Decode decode) noexcept
        : source_{std::move(source)}, decode_{decode} {}

    /// Whether the next value, or the end, is there by `until`.
    [[nodiscard]] bool wait_until(Deadline until) { return !source_ || source_->wait(until); }

    /// The next value, nothing behind the last one, or why there is no further one: the status of the service,
    /// or `peer_lost`, `deadline_exceeded` and the like, whose outcome is unknown.
    [[nodiscard]] Result<std::optional<T>> next() {
        if (!source_) return std::optional<T>{};
        auto returned = source_->next();
        if (!returned || !*returned) source_.reset();
        if (!returned) return std::move(returned).error();
        if (!*returned) return std::optional<T>{};
        auto value = decode_((*returned)->body());
        if (value) return std::optional<T>{*std::move(value)};
        source_.reset();
        return std::move(value).error();
    }

    /// Its values, for a range-based `for`, which throws `Error` when the stream ends with a status. Once.
    [[nodiscard]] auto begin() { return detail::StreamIterator<RemoteStream, T>{*this}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    std::unique_ptr<ValueSource> source_; ///< null when it is over
    Decode decode_;
};

} // namespace malla
