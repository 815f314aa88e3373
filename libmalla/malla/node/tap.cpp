// SPDX-License-Identifier: Apache-2.0
#include "malla/node/tap.hpp"

#include <chrono>
#include <utility>

namespace malla {

namespace {

constexpr std::size_t max_taken_bytes = 128 * 1024; // far below what one value of a stream may have

PassedCall::Bytes kept_of(std::string_view bytes, SentCall::Read read) {
    if (bytes.size() > Tap::max_shown_bytes) return {bytes.size(), {}, read};
    return {bytes.size(), std::string{bytes}, read};
}

std::size_t size_of(const PassedCall& call) {
    return sizeof call + call.callback.size() + call.caller.size() + call.info.size() + call.arguments.kept.size() +
           call.result.kept.size();
}

} // namespace

std::optional<std::string> PassedCall::Bytes::text(bool is_json) const {
    if (kept.size() != size) return std::nullopt;
    if (is_json) return kept.empty() ? std::nullopt : std::optional{kept};
    std::string read_text = read ? read(kept) : std::string{};
    return read_text.empty() ? std::nullopt : std::optional{std::move(read_text)};
}

Result<void> Tap::on(HandleRequest, Next<HandleRequest> next, const IncomingRequest& request) {
    if (!callback_.empty() && request.callback != callback_) return next(request);
    PassedCall call;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    call.at_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    const auto began = Clock::now();
    try {
        auto result = next(request);
        call.took = Clock::now() - began;
        call.status = result ? "ok" : result.error().id();
        if (!result) call.info = result.error().info();
        keep(request, std::move(call));
        return result;
    } catch (...) {
        call.took = Clock::now() - began;
        call.status = "internal_error";
        keep(request, std::move(call));
        throw;
    }
}

bool Tap::is_full() const noexcept {
    return kept_calls_.load(std::memory_order_relaxed) >= max_kept_calls ||
           kept_bytes_.load(std::memory_order_relaxed) >= max_kept_bytes;
}

void Tap::keep(const IncomingRequest& request, PassedCall&& call) {
    if (is_full()) return dropped_.fetch_add(1, std::memory_order_relaxed), void();
    const SentCall sent = request.target->sent();
    call.callback = request.callback;
    call.caller = request.call.caller_name;
    call.json = sent.json;
    call.arguments = kept_of(sent.arguments, sent.read_arguments);
    call.result = kept_of(call.status == "ok" ? sent.result : std::string_view{}, sent.read_result);
    kept_calls_.fetch_add(1, std::memory_order_relaxed);
    kept_bytes_.fetch_add(size_of(call), std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    calls_.push_back(std::move(call));
    came_.notify_one();
}

std::vector<PassedCall> Tap::take(const std::stop_token& cancelled, Clock::duration limit) {
    std::vector<PassedCall> taken;
    std::unique_lock lock{mutex_};
    came_.wait_for(lock, cancelled, limit, [this] { return !calls_.empty(); });
    for (std::size_t bytes = 0; !calls_.empty() && bytes < max_taken_bytes;) {
        const std::size_t size = size_of(calls_.front());
        bytes += size;
        taken.push_back(std::move(calls_.front()));
        calls_.pop_front();
        kept_calls_.fetch_sub(1, std::memory_order_relaxed);
        kept_bytes_.fetch_sub(size, std::memory_order_relaxed);
    }
    return taken;
}

} // namespace malla
