// SPDX-License-Identifier: Apache-2.0
#include "malla/node/observations.hpp"

#include "malla/base/thread.hpp"

#include <utility>

namespace malla {

Observation::Observation(std::string lease, std::shared_ptr<ServedService> service,
                         std::shared_ptr<ChainObserver> observer)
    : lease_{std::move(lease)}, service_{std::move(service)}, observer_{std::move(observer)} {}

Observation::~Observation() { finish(); }

Result<void> Observation::begin() {
    if (auto observing = service_->hosted->control()->observe(observer_); !observing) return observing;
    const std::lock_guard lock{mutex_};
    watcher_ = start_thread("malla-observe", [this] { watch(); });
    return {};
}

void Observation::watch() {
    {
        std::unique_lock lock{mutex_};
        while (!ended_ && Clock::now() < renewed_at_ + lease_limit)
            changed_.wait_until(lock, renewed_at_ + lease_limit);
        ended_ = true;
        changed_.notify_all();
    }
    service_->hosted->control()->unobserve(observer_);
}

void Observation::renew() {
    const std::lock_guard lock{mutex_};
    renewed_at_ = Clock::now();
}

void Observation::end() noexcept {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
}

void Observation::finish() noexcept {
    end();
    std::thread watcher;
    {
        const std::lock_guard lock{mutex_};
        watcher.swap(watcher_);
    }
    if (watcher.joinable()) watcher.join();
}

bool Observation::ended() const {
    const std::lock_guard lock{mutex_};
    return ended_;
}

void Observation::wait(const std::stop_token& cancelled, Clock::duration limit) const {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, cancelled, limit, [this] { return ended_; });
}

Result<std::shared_ptr<Observation>> Observations::begin(std::string lease, std::shared_ptr<ServedService> service,
                                                         std::shared_ptr<ChainObserver> observer) {
    auto begun = std::make_shared<Observation>(std::move(lease), std::move(service), std::move(observer));
    {
        const std::lock_guard lock{mutex_};
        if (over_) return Status{"shutdown"};
        std::erase_if(all_, [](const auto& each) { return each->ended(); });
        if (all_.size() >= max_observations) return Status{"busy"}.set_info("too many observe services of this node");
        all_.push_back(begun);
    }
    auto observing = begun->begin();
    if (observing) return begun;
    begun->end();
    return std::move(observing).error();
}

void Observations::renew(std::string_view lease) {
    const std::lock_guard lock{mutex_};
    for (const auto& each : all_)
        if (each->lease() == lease) each->renew();
}

void Observations::end_all() {
    std::vector<std::shared_ptr<Observation>> all;
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
        all.swap(all_);
    }
    for (const auto& each : all) each->end();
    for (const auto& each : all) each->finish();
}

} // namespace malla
