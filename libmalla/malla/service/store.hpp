// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/json.hpp"
#include "malla/base/result.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// What a service and its plugins remember in common: JSON values by key, some for a time only.
///
/// Values are JSON and not objects of the program, so that one made by a plugin from a file outlives
/// that plugin's code, and what is stored can be compared and shown from outside.
/// Any thread. No function that the caller passes in runs under a lock: it may use the store itself.
class Store {
public:
    /// Makes a value from the one that is there, null when there is none; a status refuses.
    using Change = std::function<Result<Json>(Json)>;
    using Visit = std::function<void(const std::string& key, const Json& value)>;
    /// Tells the time, also under a lock.
    using Now = std::function<Clock::time_point()>;

    static constexpr std::size_t default_max_entries = 100'000;
    static constexpr unsigned max_update_attempts = 1'000;

    /// Once it holds `max_entries`, a further key is `not_allowed`. Their sizes are not limited.
    explicit Store(std::size_t max_entries = default_max_entries, Now now = &Clock::now);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] std::optional<Json> get(std::string_view key) const;
    [[nodiscard]] Json get(std::string_view key, Json otherwise) const;

    /// Adds or replaces; once `time_to_live` has passed the entry is gone. Without one it stays,
    /// whatever the time to live of the value that it replaces.
    Result<void> put(std::string_view key, Json value, std::optional<Clock::duration> time_to_live = {});

    /// Adds; `conflict` when the key is there. Of many threads that add one key, one succeeds.
    Result<void> put_new(std::string_view key, Json value, std::optional<Clock::duration> time_to_live = {});

    /// Whether it was there.
    bool erase(std::string_view key);

    /// Replaces the value by what `change` makes of it, as if nobody else wrote the key meanwhile,
    /// and returns the new one. An entry keeps its time to live.
    ///
    /// When somebody did write it, `change` runs again on what they wrote, so it should do nothing
    /// but compute; after `max_update_attempts` such runs the status is `conflict`. When it throws
    /// or returns a status, that is the status (`internal_error` for any exception but `Error`), and
    /// the old value stays.
    Result<Json> update(std::string_view key, const Change& change);

    /// Calls `visit` for every entry, in no order. It sees copies, taken part by part: what is written
    /// meanwhile may be missed. What it throws passes through.
    void for_each(const Visit& visit) const;

    /// All entries as they were at one instant; nobody reads or writes during it.
    [[nodiscard]] std::map<std::string, Json> content() const;

    /// Entries that have not expired.
    [[nodiscard]] std::size_t size() const;

    class Record;
    class Recording;

private:
    struct Entry;
    struct Shard;
    struct Draft;
    enum class Written : std::uint8_t { done, not_as_expected, full, cancelled };

    [[nodiscard]] Shard& shard_of(std::string_view key) const noexcept;
    [[nodiscard]] std::unique_lock<std::mutex> lock(Shard& shard) const;
    void drop_expired(Shard& shard, Clock::time_point now) const;
    void drop_expired() const;
    [[nodiscard]] std::optional<Clock::time_point> end_of(std::optional<Clock::duration> time_to_live) const;
    [[nodiscard]] Written write(Draft& draft);
    [[nodiscard]] Written try_write(Draft& draft);
    [[nodiscard]] bool reserve() noexcept;
    [[nodiscard]] Status refusal(Written written) const;
    [[nodiscard]] bool note(std::string_view key, const Entry* before) const;

    const std::size_t max_entries_;
    const Now now_;
    mutable std::atomic<std::size_t> count_ = 0;
    const std::unique_ptr<Shard[]> shards_;
};

/// What certain threads have written to a store, so that it can be undone. Any thread.
class Store::Record {
public:
    explicit Record(Store& store) noexcept : store_{&store} {}
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    /// Gives every key that was written the value that it had before the first of these writes. A
    /// thread that is still recorded writes no more: `cancelled`.
    void undo();

private:
    friend class Store;
    struct Before {
        std::optional<Json> value; ///< nothing: it was not there
        std::optional<Clock::time_point> expires_at;
    };

    Store* store_;
    std::mutex mutex_;
    std::map<std::string, Before, std::less<>> before_;
    bool undone_ = false;
};

/// While it lives, what this thread writes is recorded.
class Store::Recording {
public:
    explicit Recording(Record& record) noexcept : Recording{&record} {}
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

private:
    friend class Store::Record;
    explicit Recording(Record* record) noexcept;

    Record* outer_;
};

} // namespace malla
