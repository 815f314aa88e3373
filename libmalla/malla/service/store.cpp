// SPDX-License-Identifier: Apache-2.0
#include "malla/service/store.hpp"

#include "malla/base/error.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace malla {

namespace {

constexpr std::size_t shard_count = 16;
constexpr std::uint64_t absent = 0; // the version of what is not there

/// The keys of entries that expire, soonest first.
using Due = std::multimap<Clock::time_point, const std::string*>;

thread_local Store::Record* recording = nullptr;

Result<Json> run(const Store::Change& change, Json value) {
    try {
        return change(std::move(value));
    } catch (const Error& error) {
        return error.status();
    } catch (const std::exception& error) {
        return Status{"internal_error"}.set_info(std::string{"The update failed: "} + error.what());
    } catch (...) {
        return Status{"internal_error"}.set_info("The update failed: an exception that is no std::exception");
    }
}

} // namespace

struct Store::Entry {
    Json value;
    std::uint64_t version = absent;
    Due::iterator due; ///< the end when it never expires
};

struct alignas(64) Store::Shard {
    // Not hashed: keys may come from elsewhere, and no choice of keys makes a tree slow.
    using Entries = std::map<std::string, Entry, std::less<>>;

    std::mutex mutex;
    Entries entries;
    Due due;
    std::uint64_t version = absent; ///< of the latest write

    Due::iterator insert(Due::node_type&& node, const std::string& key) noexcept {
        if (node.empty()) return due.end();
        node.mapped() = &key;
        return due.insert(std::move(node));
    }
    void erase(Due::iterator at) noexcept {
        if (at != due.end()) due.erase(at);
    }
};

/// A write with all the memory that it needs, so that nothing throws once a shard is locked, and
/// what is replaced is freed when it is locked no more.
struct Store::Draft {
    Draft(std::string_view key, Json value, std::optional<Clock::time_point> expires_at = {}) {
        Shard::Entries entries;
        entries.try_emplace(std::string{key}, Entry{std::move(value), absent, {}});
        entry = entries.extract(entries.begin());
        if (!expires_at) return;
        Due dues;
        due = dues.extract(dues.emplace(*expires_at, nullptr));
    }

    Shard::Entries::node_type entry;
    Due::node_type due;
    std::optional<std::uint64_t> expected; ///< write only over this version
    bool keep_due = false;                 ///< over an entry: leave its time to live
};

Store::Store(std::size_t max_entries, Now now)
    : max_entries_{max_entries}, now_{std::move(now)}, shards_{std::make_unique<Shard[]>(shard_count)} {}

Store::~Store() = default;

std::optional<Json> Store::get(std::string_view key) const {
    Shard& shard = shard_of(key);
    const auto held = lock(shard);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return std::nullopt;
    return found->second.value;
}

Json Store::get(std::string_view key, Json otherwise) const {
    auto value = get(key);
    return value ? *std::move(value) : std::move(otherwise);
}

Result<void> Store::put(std::string_view key, Json value, std::optional<Clock::duration> time_to_live) {
    Draft draft{key, std::move(value), end_of(time_to_live)};
    if (const Written written = write(draft); written != Written::done) return refusal(written);
    return {};
}

Result<void> Store::put_new(std::string_view key, Json value, std::optional<Clock::duration> time_to_live) {
    Draft draft{key, std::move(value), end_of(time_to_live)};
    draft.expected = absent;
    const Written written = write(draft);
    if (written == Written::done) return {};
    if (written != Written::not_as_expected) return refusal(written);
    return Status{"conflict", std::string{"The store has it already: "}.append(key)};
}

bool Store::erase(std::string_view key) {
    Shard::Entries::node_type erased; // freed last, when the lock is no longer held
    Shard& shard = shard_of(key);
    const auto held = lock(shard);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return false;
    if (!note(key, &found->second)) return false;
    shard.erase(found->second.due);
    erased = shard.entries.extract(found);
    --count_;
    return true;
}

Result<Json> Store::update(std::string_view key, const Change& change) {
    for (unsigned attempt = 0; attempt < max_update_attempts; ++attempt) {
        Entry seen;
        {
            Shard& shard = shard_of(key);
            const auto held = lock(shard);
            if (const auto found = shard.entries.find(key); found != shard.entries.end()) seen = found->second;
        }
        auto changed = run(change, std::move(seen.value));
        if (!changed) return changed;
        Draft draft{key, *changed};
        draft.expected = seen.version;
        draft.keep_due = true;
        const Written written = write(draft);
        if (written == Written::done) return changed;
        if (written != Written::not_as_expected) return refusal(written);
    }
    return Status{"conflict", std::string{"Written during every attempt to update it: "}.append(key)};
}

void Store::for_each(const Visit& visit) const {
    for (Shard& shard : std::span{shards_.get(), shard_count}) {
        std::vector<std::pair<std::string, Json>> copies;
        {
            const auto held = lock(shard);
            copies.reserve(shard.entries.size());
            for (const auto& [key, entry] : shard.entries) copies.emplace_back(key, entry.value);
        }
        for (const auto& [key, value] : copies) visit(key, value);
    }
}

std::map<std::string, Json> Store::content() const {
    const std::span shards{shards_.get(), shard_count};
    std::vector<std::unique_lock<std::mutex>> held;
    held.reserve(shard_count);
    // Nobody else holds two, and whoever comes here takes them in the same order.
    for (Shard& shard : shards) held.emplace_back(shard.mutex);

    std::map<std::string, Json> all;
    const auto now = now_();
    for (Shard& shard : shards) {
        drop_expired(shard, now);
        for (const auto& [key, entry] : shard.entries) all.emplace(key, entry.value);
    }
    return all;
}

std::size_t Store::size() const {
    drop_expired();
    return count_;
}

Store::Shard& Store::shard_of(std::string_view key) const noexcept {
    return shards_[std::hash<std::string_view>{}(key) % shard_count];
}

/// Whoever has the lock finds no expired entry in the shard.
std::unique_lock<std::mutex> Store::lock(Shard& shard) const {
    std::unique_lock held{shard.mutex};
    if (!shard.due.empty()) drop_expired(shard, now_());
    return held;
}

void Store::drop_expired(Shard& shard, Clock::time_point now) const {
    while (!shard.due.empty() && shard.due.begin()->first <= now) {
        const auto first = shard.due.begin();
        shard.entries.erase(shard.entries.find(*first->second));
        shard.due.erase(first);
        --count_;
    }
}

void Store::drop_expired() const {
    for (Shard& shard : std::span{shards_.get(), shard_count}) (void)lock(shard);
}

/// Nothing when it is too late to be told.
std::optional<Clock::time_point> Store::end_of(std::optional<Clock::duration> time_to_live) const {
    if (!time_to_live) return std::nullopt;
    const auto now = now_();
    if (*time_to_live >= Clock::time_point::max() - now) return std::nullopt;
    return now + std::max(*time_to_live, Clock::duration::zero());
}

Store::Written Store::write(Draft& draft) {
    const Written written = try_write(draft);
    if (written != Written::full) return written;
    drop_expired(); // those of the other shards still count
    return try_write(draft);
}

Store::Written Store::try_write(Draft& draft) {
    Shard& shard = shard_of(draft.entry.key());
    const auto held = lock(shard);
    auto at = shard.entries.find(draft.entry.key());
    const bool there = at != shard.entries.end();
    if (draft.expected && *draft.expected != (there ? at->second.version : absent)) return Written::not_as_expected;
    if (there) {
        if (!note(at->first, &at->second)) return Written::cancelled;
        std::swap(at->second.value, draft.entry.mapped().value);
    } else {
        if (!note(draft.entry.key(), nullptr)) return Written::cancelled;
        if (!reserve()) return Written::full;
        at = shard.entries.insert(std::move(draft.entry)).position;
        at->second.due = shard.due.end();
    }
    at->second.version = ++shard.version;
    if (there && draft.keep_due) return Written::done;
    shard.erase(at->second.due);
    at->second.due = shard.insert(std::move(draft.due), at->first);
    return Written::done;
}

bool Store::reserve() noexcept {
    auto count = count_.load();
    while (count < max_entries_)
        if (count_.compare_exchange_weak(count, count + 1)) return true;
    return false;
}

// The shard is locked. False when this thread may write no more.
bool Store::note(std::string_view key, const Entry* before) const {
    if (!recording || recording->store_ != this) return true;
    Record::Before was;
    if (before) {
        was.value = before->value;
        const Shard& shard = shard_of(key);
        if (before->due != shard.due.end()) was.expires_at = before->due->first;
    }
    const std::lock_guard lock{recording->mutex_};
    if (recording->undone_) return false;
    recording->before_.try_emplace(std::string{key}, std::move(was));
    return true;
}

void Store::Record::undo() {
    decltype(before_) before;
    {
        const std::lock_guard lock{mutex_}; // not held below, for writers take it inside a shard's
        before.swap(before_);
        undone_ = true;
    }
    const Recording unrecorded{nullptr};
    for (auto& [key, was] : before) {
        if (!was.value) {
            store_->erase(key);
            continue;
        }
        Draft draft{key, *std::move(was.value), was.expires_at};
        (void)store_->write(draft); // it had room
    }
}

Store::Recording::Recording(Record* record) noexcept : outer_{std::exchange(recording, record)} {}
Store::Recording::~Recording() { recording = outer_; }

Status Store::refusal(Written written) const {
    if (written == Written::cancelled) return Status{"cancelled", "What this thread writes has been undone"};
    return Status{"not_allowed", "The store is full: it holds " + std::to_string(max_entries_) + " entries"};
}

} // namespace malla
