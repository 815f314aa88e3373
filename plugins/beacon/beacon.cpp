// SPDX-License-Identifier: Apache-2.0
#include "plugins/beacon/beacon.hpp"

#include "malla/base/thread.hpp"
#include "malla/transport/endpoint.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;
using enum BeaconFrame::Kind;

constexpr Clock::duration beat = 1s;
// A datagram may be lost: it is asked three times, and then nobody is there.
constexpr int times_asked = 3;
constexpr Clock::duration ask_again = 100ms;
// So that a flood of questions is not answered with a flood.
constexpr int max_answers = 100;
constexpr int max_read_at_once = 256;

} // namespace

Result<std::unique_ptr<discovery::Finder>> Beacon::make(std::string_view url) {
    auto options = BeaconOptions::parse(url);
    if (!options) return std::move(options).error();
    return std::unique_ptr<discovery::Finder>{std::make_unique<Beacon>(*std::move(options))};
}

Beacon::Beacon(BeaconOptions options) : options_{std::move(options)} {}

Beacon::~Beacon() { stop(Deadline{Clock::now()}); }

void Beacon::start(Host host) {
    host_ = std::move(host);
    thread_ = start_thread("malla-beacon", [this] { run(); });
}

void Beacon::stop(Deadline) noexcept {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake_.wake();
    thread_.join();
}

void Beacon::run() {
    while (!stopping_) {
        if (const auto ether = open()) return work(*ether);
        wait(Clock::now() + beat, nullptr); // an interface may come up later
    }
}

std::optional<Ether> Beacon::open() {
    if (frame(here).empty()) {
        host_.failed(Status{"endpoint_invalid"}.set_info("the name of the cluster or the endpoint is too long"));
        return std::nullopt;
    }
    const bool local = !host_.endpoints.empty() && transport::is_loopback(host_.endpoints.front());
    auto ether = Ether::open(options_, local, host_.endpoints.empty());
    if (ether) return *std::move(ether);
    host_.failed(ether.error());
    return std::nullopt;
}

std::string Beacon::frame(BeaconFrame::Kind kind) const {
    const auto endpoint = host_.endpoints.empty() ? std::string{} : host_.endpoints.front();
    return encode({kind, host_.node, host_.cluster, endpoint}).value_or("");
}

void Beacon::work(const Ether& ether) {
    sightings_.emplace(host_.node, host_.cluster);
    ask_at_ = beat_at_ = Clock::now();
    while (!stopping_) {
        keep_time(ether, Clock::now());
        wait(std::min(ask_at_, beat_at_), &ether);
        for (const int fd : {ether.group_fd(), ether.answer_fd()}) hear(ether, fd);
    }
    say(ether, gone);
}

void Beacon::keep_time(const Ether& ether, Clock::time_point now) {
    if (now >= ask_at_) {
        if (asked_ < times_asked) ether.send(frame(who));
        else if (!told_) tell(); // nobody is there
        ask_at_ = asked_++ < times_asked ? now + ask_again : Clock::time_point::max();
    }
    if (now < beat_at_) return;
    beat_at_ = now + beat;
    answers_left_ = max_answers;
    say(ether, here);
    if (sightings_->forget(now)) tell();
}

void Beacon::say(const Ether& ether, BeaconFrame::Kind kind) {
    if (!host_.endpoints.empty()) ether.send(frame(kind));
}

void Beacon::wait(Clock::time_point until, const Ether* ether) {
    std::array<pollfd, 3> polled{{{wake_.fd(), POLLIN, 0},
                                  {ether ? ether->group_fd() : -1, POLLIN, 0},
                                  {ether ? ether->answer_fd() : -1, POLLIN, 0}}};
    (void)::poll(polled.data(), polled.size(), Deadline{until}.poll_timeout(Clock::now()));
}

void Beacon::hear(const Ether& ether, int fd) {
    bool news = false;
    for (int i = 0; i < max_read_at_once; ++i) {
        const auto datagram = ether.receive(fd);
        if (!datagram) break;
        const auto heard = decode_beacon(datagram->bytes);
        if (!heard || !sightings_->is_for_us(*heard)) continue;
        news |= sightings_->hear(*heard, datagram->address(), Clock::now());
        if (heard->kind != who || host_.endpoints.empty() || answers_left_ == 0) continue;
        --answers_left_;
        ether.answer(frame(here), datagram->from);
    }
    if (news) tell();
}

void Beacon::tell() {
    told_ = true;
    host_.found(sightings_->endpoints());
}

} // namespace malla::plugins
