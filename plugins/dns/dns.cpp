// SPDX-License-Identifier: Apache-2.0
#include "plugins/dns/dns.hpp"

#include "malla/base/thread.hpp"
#include "plugins/dns/lookup.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t default_port = 6255;
// Somebody waits for the first answer.
constexpr Clock::duration first_pause = 500ms;
constexpr Clock::duration shortest_pause = 100ms;
constexpr Clock::duration longest_pause = 24h;

} // namespace

Result<DnsOptions> DnsOptions::parse(std::string_view url) {
    auto parsed = discovery::FinderUrl::parse(url, {"every", "server"});
    if (!parsed) return std::move(parsed).error();
    auto name = discovery::HostPort::parse(parsed->place, default_port);
    if (!name) return discovery::bad_finder_url(url, "write dns://NAME or dns://NAME:PORT");
    DnsOptions options;
    options.name = *std::move(name);
    if (const auto every = parsed->settings.find("every"); every != parsed->settings.end()) {
        const auto pause = parse_duration(every->second);
        if (!pause || *pause < shortest_pause || *pause > longest_pause)
            return discovery::bad_finder_url(url, "every is a duration from 100ms to 24h");
        options.every = *pause;
    }
    if (const auto server = parsed->settings.find("server"); server != parsed->settings.end()) {
        const auto where = discovery::HostPort::parse(server->second, 53);
        if (!where) return discovery::bad_finder_url(url, "server is ADDRESS or ADDRESS:PORT");
        options.server = where->text();
    }
    return options;
}

Result<std::unique_ptr<discovery::Finder>> Dns::make(std::string_view url) {
    auto options = DnsOptions::parse(url);
    if (!options) return std::move(options).error();
    return std::unique_ptr<discovery::Finder>{std::make_unique<Dns>(*std::move(options))};
}

Dns::Dns(DnsOptions options) : options_{std::move(options)} {}

Dns::~Dns() { stop(Deadline{Clock::now()}); }

void Dns::start(Host host) {
    host_ = std::move(host);
    thread_ = start_thread("malla-dns", [this] { run(); });
}

void Dns::stop(Deadline) noexcept {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake_.wake();
    thread_.join();
}

void Dns::run() {
    bool answered = false;
    while (!stopping_) {
        auto answer = look_up(options_.name, options_.server, wake_);
        if (!answer) return;
        answered = answered || answer->has_value();
        if (*answer) host_.found(**std::move(answer));
        else host_.failed(answer->error());
        const auto pause = answered ? options_.every : std::min(options_.every, first_pause);
        pollfd woken{wake_.fd(), POLLIN, 0};
        (void)::poll(&woken, 1, static_cast<int>(pause / 1ms));
    }
}

} // namespace malla::plugins
