// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/transport/socket.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace malla {

/// Answers to calls that came together, which go together too: those that one thread gives while it runs such calls
/// one after the other. Any thread.
class GatheredAnswers {
public:
    explicit GatheredAnswers(transport::Socket& router) noexcept : router_{router} {}

    /// Sends an answer, or keeps it where `more` calls follow that came together with its own.
    transport::Sent add(transport::Peer peer, std::string_view frame, bool more);
    /// Sends those that are kept.
    transport::Sent send();
    /// As above, but for those that this thread keeps.
    transport::Sent send_of_others();

private:
    transport::Sent send_locked();

    transport::Socket& router_;
    std::mutex mutex_;
    transport::Peer peer_;   ///< of those that are kept
    std::thread::id keeper_; ///< the thread that kept the last one
    std::vector<std::string> kept_;
    std::size_t kept_bytes_ = 0;
};

} // namespace malla
