// SPDX-License-Identifier: Apache-2.0
#include "plugins/etcd/etcd.hpp"

#include "malla/base/thread.hpp"
#include "plugins/etcd/session.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t default_port = 2379;
constexpr Clock::duration first_pause = 100ms;
constexpr Clock::duration longest_pause = 1s;

} // namespace

Result<std::unique_ptr<discovery::Finder>> Etcd::make(std::string_view url) {
    auto parsed = discovery::FinderUrl::parse(url, {});
    if (!parsed) return std::move(parsed).error();
    std::vector<discovery::HostPort> addresses;
    for (std::string_view rest = parsed->place; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        auto address = discovery::HostPort::parse(rest.substr(0, end), default_port);
        if (!address) return discovery::bad_finder_url(url, "write etcd://HOST:PORT or etcd://HOST:PORT,HOST:PORT");
        addresses.push_back(*std::move(address));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::unique_ptr<discovery::Finder>{std::make_unique<Etcd>(std::move(addresses))};
}

Etcd::Etcd(std::vector<discovery::HostPort> addresses) : addresses_{std::move(addresses)} {}

Etcd::~Etcd() { stop(Deadline{Clock::now()}); }

void Etcd::start(Host host) {
    host_ = std::move(host);
    thread_ = start_thread("malla-etcd", [this] { run(); });
}

void Etcd::stop(Deadline deadline) noexcept {
    if (!thread_.joinable()) return;
    {
        std::unique_lock lock{mutex_};
        stopping_ = true;
        if (session_) session_->close();
        changed_.notify_all();
        changed_.wait_until(lock, deadline.at(), [&] { return finished_; });
        while (!finished_) {
            if (session_) session_->interrupt();
            changed_.wait_for(lock, EtcdClient::interrupt_again, [&] { return finished_; });
        }
    }
    thread_.join();
}

std::shared_ptr<EtcdSession> Etcd::open_session(const discovery::HostPort& address) {
    auto session = std::make_shared<EtcdSession>(address, host_);
    const std::lock_guard lock{mutex_};
    if (stopping_) return nullptr;
    session_ = session;
    return session;
}

void Etcd::run() {
    Clock::duration next_pause = first_pause;
    std::size_t failures = 0;
    for (std::size_t turn = 0; const auto session = open_session(addresses_[turn % addresses_.size()]); ++turn) {
        const auto began = Clock::now();
        const auto failure = session->run();
        if (!failure) break;
        if (Clock::now() - began > longest_pause) failures = 0, next_pause = first_pause;
        // With another address to try, one that fails is no news yet.
        if (++failures >= addresses_.size()) host_.failed(*failure);
        pause(next_pause);
        next_pause = std::min(2 * next_pause, longest_pause);
    }
    const std::lock_guard lock{mutex_};
    session_.reset();
    finished_ = true;
    changed_.notify_all();
}

void Etcd::pause(Clock::duration pause) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, pause, [&] { return stopping_; });
}

} // namespace malla::plugins
