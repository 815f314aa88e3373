// SPDX-License-Identifier: Apache-2.0
#include "malla/service/event.hpp"

#include "malla/base/ids.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace malla {

namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv"; // ascending as text, too
constexpr unsigned digit_bits = 5;
constexpr std::size_t time_digits = 9;
constexpr std::size_t random_digits = 18;

std::string time_text(Event::Time time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t unix_seconds = seconds.time_since_epoch().count();
    std::tm utc{};
    ::gmtime_r(&unix_seconds, &utc);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>((time - seconds).count()));
    return std::string{text.data(), size} + fraction.data();
}

char digit(std::uint64_t value) { return digits[value & ((1U << digit_bits) - 1)]; }

} // namespace

std::string event_uid(Event::Time time) {
    const auto ms = static_cast<std::uint64_t>(time.time_since_epoch().count());
    std::string uid;
    uid.reserve(time_digits + 1 + random_digits);
    for (std::size_t i = time_digits; i-- > 0;) uid += digit(ms >> (digit_bits * i));
    uid += '-';
    const NodeId random = NodeId::random();
    std::uint64_t bits = 0;
    unsigned have = 0;
    for (std::size_t byte = 0; uid.size() < time_digits + 1 + random_digits; have -= digit_bits) {
        if (have < digit_bits) {
            bits = bits << 8U | random.bytes()[byte++];
            have += 8;
        }
        uid += digit(bits >> (have - digit_bits));
    }
    return uid;
}

Json to_json(const Event& event) {
    Json labels = Json::object();
    for (const auto& [name, value] : event.labels) labels.set(name, value);
    Json json = Json::object({{"uid", event.uid},
                              {"class", event.event_class},
                              {"service", event.service},
                              {"timestamp", time_text(event.timestamp)},
                              {"payload", event.payload},
                              {"labels", std::move(labels)},
                              {"metadata", event.metadata},
                              {"first_timestamp", time_text(event.first_timestamp)},
                              {"count", event.count}});
    if (!event.hash.empty()) json.set("hash", event.hash);
    return json;
}

} // namespace malla
