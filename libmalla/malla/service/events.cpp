// SPDX-License-Identifier: Apache-2.0
#include "malla/service/events.hpp"

#include "malla/service/context.hpp"
#include "malla/service/service_core.hpp"

#include <array>
#include <charconv>

namespace malla {

namespace {

/// The members of an object in the order of their names, all the way down: equal values, equal text.
Json sorted(const Json& value) {
    if (value.is_array()) {
        Json items = Json::array();
        for (std::size_t i = 0; i < value.size(); ++i) items.push_back(sorted(value.at(i)));
        return items;
    }
    if (!value.is_object()) return value;
    std::map<std::string_view, const Json*> members;
    for (std::size_t i = 0; i < value.size(); ++i) members.emplace(value.member(i).first, &value.member(i).second);
    Json object = Json::object();
    for (const auto& [name, member] : members) object.set(name, sorted(*member));
    return object;
}

/// 64-bit FNV-1a: who makes two payloads collide on purpose gets one uid for both, and nothing else.
std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::array<char, 16> digits{};
    digits.fill('0');
    std::array<char, 16> shortest{};
    const auto end = std::to_chars(shortest.data(), shortest.data() + shortest.size(), hash, 16).ptr;
    std::copy(shortest.data(), end, digits.end() - (end - shortest.data()));
    return {digits.data(), digits.size()};
}

} // namespace

Events::Events(Source source, Publish publish, Limits limits, Now now)
    : source_{std::move(source)}, publish_{std::move(publish)}, limits_{limits}, now_{std::move(now)} {}

Events::Instant Events::read_clocks() {
    return {Clock::now(), std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

Event Events::make(std::string_view service, std::string_view event_class, Json payload, EventOptions options) {
    const Instant now = now_();
    Event event;
    event.uid = event_uid(now.utc);
    event.event_class = event_class;
    event.service = service;
    event.timestamp = event.first_timestamp = now.utc;
    event.payload = std::move(payload);
    event.labels = std::move(options.labels);
    event.metadata = Json::object(
        {{"cluster", source_.cluster}, {"node", source_.node}, {"host", source_.host}, {"service", service}});
    for (std::size_t i = 0; i < options.metadata.size() && options.metadata.is_object(); ++i)
        event.metadata.set(options.metadata.member(i).first, options.metadata.member(i).second);
    if (options.check_duplicates) compare(event, now.steady);
    return event;
}

void Events::compare(Event& event, Clock::time_point now) {
    const auto text = sorted(event.payload).dump();
    event.hash = hash_of(text ? *text : std::string{}); // what has no text cannot be published either
    std::string key = event.service;
    key.append(1, '\0').append(event.event_class).append(1, '\0').append(event.hash);
    const std::lock_guard lock{mutex_};
    forget_old(now);
    const auto [found, added] = kinds_.try_emplace(std::move(key));
    Kind& kind = found->second;
    if (added) {
        kind.uid = event.uid;
        kind.first = event.timestamp;
        kind.age = ages_.insert(ages_.end(), &found->first);
    } else {
        ages_.splice(ages_.end(), ages_, kind.age);
    }
    kind.last = now;
    event.uid = kind.uid;
    event.first_timestamp = kind.first;
    event.count = ++kind.count;
    if (kinds_.size() > limits_.max_entries) forget_oldest();
}

void Events::forget_old(Clock::time_point now) {
    while (!ages_.empty() && now - kinds_.find(*ages_.front())->second.last >= limits_.window) forget_oldest();
}

void Events::forget_oldest() {
    const auto oldest = kinds_.find(*ages_.front());
    ages_.pop_front();
    kinds_.erase(oldest);
}

Result<std::optional<Event>> Events::emit(const ServiceCore& service, std::string_view event_class, Json payload,
                                          EventOptions options) {
    const Event made = make(service.name(), event_class, std::move(payload), std::move(options));
    auto passed = service.call_beside<HandleEvent>(made);
    if (!passed || !*passed) return passed;
    if (auto published = publish_(**passed); !published) return std::move(published).error();
    return passed;
}

void Events::sweep() {
    const std::lock_guard lock{mutex_};
    forget_old(now_().steady);
}

std::size_t Events::remembered() const {
    const std::lock_guard lock{mutex_};
    return kinds_.size();
}

Result<std::optional<Event>> emit(std::string_view event_class, Json payload, EventOptions options) {
    const Frame* frame = Frame::current();
    if (!frame) return Status{"not_allowed"}.set_info("no handler runs on this thread: name the service of the event");
    return emit(frame->service(), event_class, std::move(payload), std::move(options));
}

Result<std::optional<Event>> emit(const ServiceCore& service, std::string_view event_class, Json payload,
                                  EventOptions options) {
    const auto events = service.events();
    if (!events)
        return Status{"not_allowed"}.set_info("no node hosts " + std::string{service.name()} +
                                              ", so its events go nowhere");
    return events->emit(service, event_class, std::move(payload), std::move(options));
}

} // namespace malla
