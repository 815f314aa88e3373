// SPDX-License-Identifier: Apache-2.0
#include "malla/service/registry.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace malla {

namespace {

thread_local Registry::Record* recording = nullptr;

Status undone() { return Status{"cancelled", "What this thread puts in has been undone"}; }

} // namespace

namespace detail {

/// The entries of each key, in the order of their numbers.
struct RegistryTable {
    using Entries = std::map<std::uint64_t, Published>;
    std::map<std::string, Entries, std::less<>> keys;

    void add(const std::string& key, std::uint64_t number, Published&& entry) {
        // What may throw comes before what changes: a key without entries must not stay.
        Entries one;
        one.try_emplace(number, std::move(entry));
        keys.try_emplace(key).first->second.merge(one);
    }

    const Entries* find(std::string_view key) const {
        const auto found = keys.find(key);
        return found == keys.end() ? nullptr : &found->second;
    }

    /// Nothing when it has been taken before.
    Published take(const std::string& key, std::uint64_t number) noexcept {
        const auto entries = keys.find(key);
        if (entries == keys.end()) return {};
        const auto found = entries->second.find(number);
        if (found == entries->second.end()) return {};
        Published taken = std::move(found->second);
        entries->second.erase(found);
        if (entries->second.empty()) keys.erase(entries);
        return taken;
    }
};

struct RegistryState {
    std::mutex mutex;
    RegistryTable names;
    RegistryTable stored;
    std::uint64_t last_number = 0;
};

} // namespace detail

Registration& Registration::operator=(Registration&& other) noexcept {
    if (this == &other) return *this;
    release();
    state_ = std::move(other.state_);
    table_ = other.table_;
    key_ = std::move(other.key_);
    number_ = other.number_;
    return *this;
}

void Registration::release() noexcept {
    const auto state = std::exchange(state_, {}).lock();
    if (!state) return;
    detail::Published removed; // freed last, when the lock is no longer held
    const std::lock_guard lock{state->mutex};
    removed = table_->take(key_, number_);
}

Registry::Registry() : state_{std::make_shared<detail::RegistryState>()} {}
Registry::~Registry() = default;

Result<Registration> Registry::register_entry(std::string_view name, detail::Published entry) {
    std::string key{name};
    const std::lock_guard lock{state_->mutex};
    if (state_->names.find(key)) return Status{"conflict", "Already registered: '" + key + "'"}.set_data("name", key);
    const auto number = ++state_->last_number;
    if (!note(state_->names, key, number)) return undone();
    state_->names.add(key, number, std::move(entry));
    return Registration{state_, &state_->names, std::move(key), number};
}

Registration Registry::store_entry(std::string_view key, detail::Published entry) {
    std::string copy{key};
    const std::lock_guard lock{state_->mutex};
    const auto number = ++state_->last_number;
    if (!note(state_->stored, key, number)) return {};
    state_->stored.add(copy, number, std::move(entry));
    return Registration{state_, &state_->stored, std::move(copy), number};
}

// The state is locked. False when this thread may put nothing in.
bool Registry::note(detail::RegistryTable& table, std::string_view key, std::uint64_t number) {
    if (!recording || recording->state_ != state_) return true;
    if (recording->undone_) return false;
    recording->added_.push_back({&table, std::string{key}, number});
    return true;
}

void Registry::Record::undo() {
    std::vector<detail::Published> removed; // freed last, when the lock is no longer held
    const std::lock_guard lock{state_->mutex};
    undone_ = true;
    removed.reserve(added_.size());
    for (const auto& [table, key, number] : added_) removed.push_back(table->take(key, number));
    added_.clear();
}

Registry::Recording::Recording(Record& record) noexcept : outer_{std::exchange(recording, &record)} {}
Registry::Recording::~Recording() { recording = outer_; }

std::shared_ptr<void> Registry::find_object(std::string_view name, std::string_view type) const {
    const std::lock_guard lock{state_->mutex};
    const auto* const entries = state_->names.find(name);
    if (!entries || entries->begin()->second.type != type) return nullptr;
    return entries->begin()->second.object;
}

std::optional<Json> Registry::lookup_tag(std::string_view name) const {
    const std::lock_guard lock{state_->mutex};
    const auto* const entries = state_->names.find(name);
    if (!entries) return std::nullopt;
    return entries->begin()->second.tag;
}

std::vector<std::pair<std::shared_ptr<void>, Json>> Registry::find_objects(std::string_view key,
                                                                           std::string_view type) const {
    std::vector<std::pair<std::shared_ptr<void>, Json>> objects;
    const std::lock_guard lock{state_->mutex};
    if (const auto* const entries = state_->stored.find(key))
        for (const auto& [number, entry] : *entries)
            if (entry.type == type && entry.object) objects.emplace_back(entry.object, entry.tag);
    return objects;
}

std::vector<Json> Registry::tags(std::string_view key) const {
    std::vector<Json> all;
    const std::lock_guard lock{state_->mutex};
    if (const auto* const entries = state_->stored.find(key))
        for (const auto& [number, entry] : *entries) all.push_back(entry.tag);
    return all;
}

std::size_t Registry::count(std::string_view key, const Predicate& predicate) const {
    const auto all = tags(key);
    return predicate ? static_cast<std::size_t>(std::ranges::count_if(all, predicate)) : all.size();
}

} // namespace malla
