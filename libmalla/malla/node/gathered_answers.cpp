// SPDX-License-Identifier: Apache-2.0
#include "malla/node/gathered_answers.hpp"

#include "malla/node/together.hpp"

namespace malla {

transport::Sent GatheredAnswers::add(transport::Peer peer, std::string_view frame, bool more) {
    const std::lock_guard lock{mutex_};
    auto sent = transport::Sent::sent;
    if (!kept_.empty() && (peer != peer_ || kept_bytes_ + frame.size() > max_bytes_together)) sent = send_locked();
    if (kept_.empty() && !more) return router_.send_to(peer, frame);
    peer_ = peer;
    keeper_ = std::this_thread::get_id();
    kept_.emplace_back(frame);
    kept_bytes_ += frame.size();
    if (!more || kept_.size() == max_together) sent = send_locked();
    return sent;
}

transport::Sent GatheredAnswers::send() {
    const std::lock_guard lock{mutex_};
    return send_locked();
}

transport::Sent GatheredAnswers::send_of_others() {
    const std::lock_guard lock{mutex_};
    return keeper_ == std::this_thread::get_id() ? transport::Sent::sent : send_locked();
}

transport::Sent GatheredAnswers::send_locked() {
    if (kept_.empty()) return transport::Sent::sent;
    const auto sent = router_.send_together_to(peer_, kept_);
    kept_.clear();
    kept_bytes_ = 0;
    return sent;
}

} // namespace malla
