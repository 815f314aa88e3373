// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/finders.hpp"

#include "malla/base/log.hpp"
#include "malla/transport/endpoint.hpp"

#include <algorithm>
#include <utility>

namespace malla::discovery {

Finders::Finders(transport::Poller& poller, JoinState& joining, LinkId first, Outlets outlets)
    : poller_{poller}, joining_{joining}, next_id_{static_cast<std::uint32_t>(first)}, outlets_{std::move(outlets)} {}

Finders::~Finders() { stop(Deadline{Clock::now()}); }

Result<void> Finders::open(const std::vector<FinderSource>& sources) {
    for (const auto& source : sources) {
        Entry entry{source.url, source.make, LinkId{next_id_++}, false, {}, nullptr};
        auto made = entry.make(entry.url);
        if (!made) return std::move(made).error();
        entry.finder = *std::move(made);
        joining_.add(entry.id, entry.url, true);
        entries_.push_back(std::move(entry));
    }
    return {};
}

void Finders::start(const Finder::Host& host, const LinkChoice::Limits& limits) {
    choice_.emplace(std::set<std::string>{host.endpoints.begin(), host.endpoints.end()}, limits);
    const std::lock_guard lock{stopping_mutex_};
    if (std::exchange(started_, true) || stopped_) return;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        auto told = host;
        told.found = [this, i](std::vector<std::string> endpoints) {
            poller_.post([this, i, found = std::move(endpoints)] { on_found(i, found); });
        };
        told.failed = [this, i](const Status& status) { poller_.post([this, i, status] { on_failed(i, status); }); };
        entries_[i].finder->start(std::move(told));
    }
}

void Finders::stop(Deadline deadline) {
    const std::lock_guard lock{stopping_mutex_};
    if (std::exchange(stopped_, true) || !started_) return;
    for (auto& entry : entries_) entry.finder->stop(deadline);
}

void Finders::on_found(std::size_t index, std::vector<std::string> endpoints) {
    Entry& entry = entries_[index];
    std::vector<std::string> usable;
    for (const auto& endpoint : endpoints) {
        auto canonical = transport::canonical(endpoint);
        if (canonical) usable.push_back(*std::move(canonical));
        else log(LogLevel::debug, entry.url + " names what is no endpoint: " + canonical.error().info());
    }
    if (!entry.failure.empty()) log(LogLevel::notice, entry.url + " answers again");
    entry.failure.clear();
    if (!std::exchange(entry.answered, true)) joining_.answered(entry.id);
    choice_->name(index, std::move(usable));
    apply();
}

/// What was found once is good for the links that there are; only who has found nothing yet needs to know the reason.
void Finders::on_failed(std::size_t index, const Status& status) {
    Entry& entry = entries_[index];
    if (entry.failure != status.info()) log(LogLevel::warning, entry.url + ": " + status.info());
    entry.failure = status.info();
    if (!entry.answered) joining_.refused(entry.id, status);
}

void Finders::up(const std::string& endpoint) {
    if (!choice_) return;
    choice_->up(endpoint);
    refusal_.reset();
    apply_soon();
}

void Finders::complete(const std::string& endpoint) {
    if (!choice_) return;
    choice_->complete(endpoint);
    apply_soon();
}

void Finders::down(const std::string& endpoint) {
    if (!choice_) return;
    choice_->down(endpoint, Clock::now());
    apply_soon();
}

void Finders::absent(const std::string& endpoint) {
    if (!choice_) return;
    choice_->pass_over(endpoint, Clock::now());
    apply_soon();
}

void Finders::refused(const std::string& endpoint, const Status& status) {
    if (!choice_) return;
    if (status.id() == "conflict") choice_->is_own(endpoint);
    else if (links_.contains(endpoint)) choice_->pass_over(endpoint, Clock::now()), refusal_ = status;
    apply_soon();
}

/// A link may not be ended while it is calling.
void Finders::apply_soon() {
    if (std::exchange(applying_, true)) return;
    poller_.post([this] {
        applying_ = false;
        apply();
    });
}

void Finders::apply() {
    if (left_ || !choice_) return;
    const auto chosen = choice_->choose(Clock::now());
    const auto former = std::exchange(links_, chosen);
    for (const auto& endpoint : chosen)
        if (!former.contains(endpoint)) outlets_.link(endpoint);
    for (const auto& endpoint : former)
        if (!chosen.contains(endpoint)) outlets_.unlink(endpoint);
    if (const bool now = choice_->any_up(); std::exchange(any_up_, now) != now) outlets_.any_up(now);
    tell_joining();
}

void Finders::tell_joining() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        if (!entry.answered || !choice_->is_settled(i)) continue;
        if (!choice_->is_unanswered(i)) {
            joining_.answered(entry.id);
            joining_.settled(entry.id);
        } else {
            joining_.refused(entry.id, refusal_ ? *refusal_
                                                : Status{"endpoint_unreachable", entry.url}.set_info(
                                                      "none of those that " + entry.url + " names answers"));
        }
    }
}

} // namespace malla::discovery
