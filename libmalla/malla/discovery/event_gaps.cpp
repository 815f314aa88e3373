// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/event_gaps.hpp"

#include <utility>

namespace malla::discovery {

namespace {

constexpr std::uint64_t window = 64; // bits of Stream::taken

std::string key_of(const NodeId& publisher, std::string_view topic) {
    std::string key{reinterpret_cast<const char*>(publisher.bytes().data()), NodeId::size_bytes};
    return key.append(topic);
}

} // namespace

bool EventGaps::take(NodeId publisher, std::string_view topic, std::uint32_t run, std::uint64_t sequence) {
    std::string key = key_of(publisher, topic);
    Stream* stream = known(key);
    if (stream == nullptr) return add(std::move(key), run, sequence), true;
    if (run < stream->run) return false;
    if (run > stream->run) {
        missed_ += sequence - 1;
        stream->run = run;
        stream->last = sequence;
        stream->taken = 0;
        return true;
    }
    if (sequence <= stream->last) return take_late(*stream, sequence);
    const std::uint64_t step = sequence - stream->last;
    missed_ += step - 1;
    stream->taken = step < window ? stream->taken << step : 0;
    if (step <= window) stream->taken |= std::uint64_t{1} << (step - 1);
    stream->last = sequence;
    return true;
}

bool EventGaps::take_late(Stream& stream, std::uint64_t sequence) {
    const std::uint64_t behind = stream.last - sequence;
    if (behind == 0 || behind > window) return false;
    const std::uint64_t bit = std::uint64_t{1} << (behind - 1);
    if ((stream.taken & bit) != 0) return false;
    stream.taken |= bit;
    --missed_;
    return true;
}

EventGaps::Stream* EventGaps::known(const std::string& key) {
    const auto found = streams_.find(key);
    if (found == streams_.end()) return nullptr;
    ages_.splice(ages_.end(), ages_, found->second.age);
    return &found->second;
}

// What was before the first one counts as taken: nobody listened then.
void EventGaps::add(std::string key, std::uint32_t run, std::uint64_t sequence) {
    if (streams_.size() >= max_streams_ && !ages_.empty()) {
        streams_.erase(streams_.find(*ages_.front()));
        ages_.pop_front();
    }
    const auto added = streams_.emplace(std::move(key), Stream{run, sequence, ~std::uint64_t{0}, {}}).first;
    added->second.age = ages_.insert(ages_.end(), &added->first);
}

} // namespace malla::discovery
