// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/zap.hpp"

#include "malla/base/deadline.hpp"
#include "malla/base/error.hpp"
#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/transport/context.hpp"
#include "malla/transport/credentials.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include <zmq.h>

namespace malla::transport {

namespace {

using namespace std::chrono_literals;

constexpr const char* decider_endpoint = "inproc://zeromq.zap.01";
constexpr Clock::duration between_lines = 1s;

class Domains {
public:
    std::string add(const Credentials& credentials) {
        const std::lock_guard lock{mutex_};
        auto name = "malla-" + std::to_string(++last_);
        known_.emplace(name, &credentials);
        return name;
    }
    void remove(const std::string& name) {
        const std::lock_guard lock{mutex_};
        known_.erase(name);
    }
    [[nodiscard]] bool lets_in(std::string_view domain, std::string_view key) {
        const std::lock_guard lock{mutex_};
        const auto found = known_.find(domain);
        return found != known_.end() && found->second->identify(key) != nullptr;
    }

private:
    std::mutex mutex_;
    std::map<std::string, const Credentials*, std::less<>> known_;
    std::uint64_t last_ = 0;
};

Domains& domains() {
    static auto* const all = new Domains; // the decider uses it to the very end
    return *all;
}

/// Says that strangers were turned away, however many there are.
class Refusals {
public:
    void add(std::string_view address, std::string_view with_key) {
        ++count_;
        const auto now = Clock::now();
        if (told_ && now - *told_ < between_lines) return;
        const std::string number = count_ == 1 ? "a connection" : std::to_string(count_) + " connections";
        std::string text = number + " without an allowed key refused, the last from " + std::string{address};
        if (!with_key.empty()) text.append(" with the key ").append(with_key);
        log(LogLevel::warning, text);
        told_ = now;
        count_ = 0;
    }

private:
    std::uint64_t count_ = 0;
    std::optional<Clock::time_point> told_;
};

using Frames = std::vector<std::string>;

/// Nothing when the context ends.
std::optional<Frames> receive(void* socket) {
    Frames frames;
    int more = 1;
    while (more != 0) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        const int size = uninterrupted([&] { return zmq_msg_recv(&frame, socket, 0); });
        if (size != -1) frames.emplace_back(static_cast<const char*>(zmq_msg_data(&frame)), zmq_msg_size(&frame));
        more = size == -1 ? 0 : zmq_msg_more(&frame);
        zmq_msg_close(&frame);
        if (size == -1) return std::nullopt;
    }
    return frames;
}

void send(void* socket, const Frames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const int flags = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
        uninterrupted([&] { return zmq_send(socket, frames[i].data(), frames[i].size(), flags); });
    }
}

/// Takes version, request id, domain, address, routing id, mechanism and key; gives the answer to it.
Frames decide(const Frames& request, Refusals& refusals) {
    constexpr std::size_t version = 0;
    constexpr std::size_t id = 1;
    constexpr std::size_t domain = 2;
    constexpr std::size_t address = 3;
    constexpr std::size_t mechanism = 5;
    constexpr std::size_t key = 6;
    const bool complete = request.size() == key + 1 && request[version] == "1.0" && request[mechanism] == "CURVE";
    const std::string text = complete ? key_text(request[key]) : std::string{};
    if (complete && domains().lets_in(request[domain], text)) return {"1.0", request[id], "200", "OK", text, ""};
    refusals.add(request.size() > address ? request[address] : "somewhere", text);
    return {"1.0", request.size() > id ? request[id] : "", "400", "No access", "", ""};
}

void serve(void* socket) {
    Refusals refusals;
    while (const auto request = receive(socket)) send(socket, decide(*request, refusals));
    zmq_close(socket);
}

/// The thread lives as long as the context, whose end it waits for.
void start_decider() {
    void* const socket = open_internal_handle(ZMQ_REP);
    if (socket == nullptr || zmq_bind(socket, decider_endpoint) != 0)
        throw Error{Status{"internal_error"}.set_info("nobody can be let in: there are no descriptors left")};
    start_thread("malla-zap", [socket] { serve(socket); }).detach();
}

} // namespace

std::string add_zap_domain(const Credentials& credentials) {
    static const bool started = [] {
        start_decider();
        return true;
    }();
    static_cast<void>(started);
    return domains().add(credentials);
}

void remove_zap_domain(const std::string& domain) noexcept { domains().remove(domain); }

} // namespace malla::transport
