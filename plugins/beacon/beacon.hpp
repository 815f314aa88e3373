// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/transport/wake.hpp"
#include "plugins/beacon/ether.hpp"
#include "plugins/beacon/sightings.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace malla::plugins {

/// Finds the nodes of a local network by UDP multicast (IPv4): each node that hosts says every second where it is, and
/// at once to those who ask. A node on a loopback address is heard on its own machine only.
class Beacon final : public discovery::Finder {
public:
    static constexpr std::string_view scheme = "beacon";
    [[nodiscard]] static Result<std::unique_ptr<discovery::Finder>> make(std::string_view url);

    explicit Beacon(BeaconOptions options);
    ~Beacon() override;

    void start(Host host) override;
    void stop(Deadline deadline) noexcept override;

private:
    void run();
    [[nodiscard]] std::optional<Ether> open();
    void work(const Ether& ether);
    void hear(const Ether& ether, int fd);
    void say(const Ether& ether, BeaconFrame::Kind kind);
    void wait(Clock::time_point until, const Ether* ether);
    void keep_time(const Ether& ether, Clock::time_point now);
    void tell();
    [[nodiscard]] std::string frame(BeaconFrame::Kind kind) const;

    const BeaconOptions options_;
    Host host_;
    transport::Wake wake_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
    // The thread's.
    std::optional<Sightings> sightings_;
    int asked_ = 0;
    int answers_left_ = 0; ///< in this second
    bool told_ = false;
    Clock::time_point ask_at_{};
    Clock::time_point beat_at_{};
};

} // namespace malla::plugins
