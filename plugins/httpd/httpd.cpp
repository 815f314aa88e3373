// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/httpd.hpp"

#include "malla/base/log.hpp"
#include "malla/service/service_core.hpp"
#include "plugins/httpd/listener.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace malla::plugins {

namespace {

HttpAnswer answer_of(const Status& status) {
    const bool fits = status.code() >= 400 && status.code() <= 599;
    return {.code = fits ? status.code() : 500, .body = status.info()};
}

HttpAnswer ask_plugins(const ServiceCore& service, const HttpRequest& request) {
    const Pins::Pin pin{service.pins()}; // whoever stops the plugins waits for it
    if (!has_started_plugins(service.running_status()))
        return answer_of(Status{"service_not_available", service.name()});
    auto answered = service.call_beside<HttpdRequest>(request);
    return answered ? *std::move(answered) : answer_of(answered.error());
}

} // namespace

Httpd::Httpd() = default;
Httpd::~Httpd() = default;

Result<void> Httpd::config(const Json& config) {
    const auto checked = listeners_of(config);
    return checked ? Result<void>{} : checked.error();
}

Result<void> Httpd::start(const Starting& starting) {
    service_ = &require_service();
    const auto wanted = listeners_of(starting.config);
    if (!wanted) return wanted.error();
    return change_to(*wanted);
}

Result<void> Httpd::updated(const Json&, const Json& now) {
    const auto wanted = listeners_of(now);
    if (!wanted) return wanted.error();
    return change_to(*wanted);
}

// Not under the mutex: a handler that is waited for may ask for `listeners`.
void Httpd::stop() {
    Listeners all;
    {
        const std::lock_guard lock{mutex_};
        all.swap(listeners_);
    }
    for (const auto& each : all) each->close();
    all.clear();
    leaving_.clear();
}

std::vector<Httpd::Listening> Httpd::listeners() const {
    const std::lock_guard lock{mutex_};
    std::vector<Listening> all;
    for (const auto& each : listeners_) all.push_back({each->options().name, each->options().address, each->port()});
    return all;
}

/// Those that are no longer wanted are closed first, for one of the others may want their port.
Result<void> Httpd::change_to(const std::vector<ListenerOptions>& wanted) {
    Listeners next(wanted.size());
    Listeners closed;
    const std::lock_guard lock{mutex_};
    for (auto& each : listeners_) {
        const auto same = std::ranges::find(wanted, each->options());
        auto& place =
            same == wanted.end() ? closed.emplace_back() : next[static_cast<std::size_t>(same - wanted.begin())];
        place = std::move(each);
    }
    for (const auto& each : closed) each->close();
    auto opened = open_missing(wanted, next);
    listeners_ = std::move(next);
    if (!opened) open_again(closed);
    let_go(std::move(closed));
    return opened;
}

/// Where `listeners` has none yet. When one fails, it has only those that were there before.
Result<void> Httpd::open_missing(const std::vector<ListenerOptions>& wanted, Listeners& listeners) {
    std::vector<std::size_t> opened;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (listeners[i]) continue;
        auto listener = open(wanted[i], wanted[i].port);
        if (listener) {
            listeners[i] = *std::move(listener);
            opened.push_back(i);
            continue;
        }
        for (const std::size_t each : opened) {
            listeners[each]->close();
            leaving_.push_back(std::move(listeners[each]));
        }
        std::erase(listeners, nullptr);
        return std::move(listener).error();
    }
    return {};
}

/// A change did not come about: those that were closed for it are at their addresses again.
void Httpd::open_again(const Listeners& closed) {
    for (const auto& each : closed) {
        auto listener = open(each->options(), each->port());
        if (!listener) {
            log(LogLevel::error, "listener " + each->options().name + " is gone: " + listener.error().text());
            continue;
        }
        listeners_.push_back(*std::move(listener));
    }
}

Result<std::unique_ptr<Listener>> Httpd::open(const ListenerOptions& options, std::uint16_t port) const {
    auto listener = Listener::open(
        options, port, [service = service_](const HttpRequest& request) { return ask_plugins(*service, request); });
    if (listener)
        log(LogLevel::info, "listener " + options.name + " of " + std::string{service_->name()} + " is at http://" +
                                endpoint_text(options.address, (*listener)->port()));
    return listener;
}

// A hook must not wait for a handler that may wait for the hook to leave the service.
void Httpd::let_go(Listeners closed) {
    std::erase_if(leaving_, [](const auto& each) { return each->ended(); });
    std::ranges::move(closed, std::back_inserter(leaving_));
}

} // namespace malla::plugins
