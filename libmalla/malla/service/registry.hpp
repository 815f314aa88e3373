// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/base/result.hpp"
#include "malla/chain/type_name.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace malla {

namespace detail {
struct RegistryState;
struct RegistryTable;

/// An object of any type. Shared, because the publisher and those who look it up end in any order.
struct Published {
    std::shared_ptr<void> object;
    std::string type; ///< copied: the text of a plugin from a file goes with its code
    Json tag;
};

/// What tells types apart. Two shared objects may have a type info each for one type, but one name.
/// Of a type in a function clang tells the bare name, so there it is not refused.
template <class T>
consteval std::string_view published_name() {
    static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T>,
                  "malla: an object is published and looked up by its plain type: write T, not const T or T&");
    constexpr std::string_view name = type_name<T>();
    constexpr auto none = std::string_view::npos;
    static_assert(name.find("{anonymous}") == none && name.find("(anonymous") == none && name.find(")::") == none &&
                      name.find("<lambda") == none && name.find("(lambda") == none && name.find("unnamed ") == none,
                  "malla: another plugin may have another type of this name: write a type with a name of its own, not "
                  "one in an anonymous namespace or in a function");
    return name;
}
} // namespace detail

/// Keeps an entry in a `Registry` and removes it when destroyed, on whatever thread and whether or not
/// the registry is still there.
///
/// A plugin keeps those of its entries, so they are gone before its code is unloaded.
class [[nodiscard]] Registration {
public:
    Registration() noexcept = default; ///< of nothing
    Registration(Registration&& other) noexcept = default;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration() { release(); }

    /// Removes the entry now.
    void release() noexcept;

private:
    friend class Registry;
    Registration(std::weak_ptr<detail::RegistryState> state, detail::RegistryTable* table, std::string key,
                 std::uint64_t number) noexcept
        : state_{std::move(state)}, table_{table}, key_{std::move(key)}, number_{number} {}

    std::weak_ptr<detail::RegistryState> state_; ///< empty once released
    detail::RegistryTable* table_ = nullptr;     ///< part of the state
    std::string key_;
    std::uint64_t number_ = 0;
};

/// Where the plugins of one service find what others of them publish: objects, tags in JSON, or both.
///
/// A name is registered once; under a key any number of entries is stored. Names and keys have
/// nothing to do with each other. An entry lasts as long as its `Registration` and the registry.
/// An object that was looked up stays alive, but not the code of the plugin that it came from: keep
/// it for longer than a call only where the own plugin depends on that one.
/// Any thread. Predicates and destructors of objects run under no lock: they may use the registry.
class Registry {
public:
    /// Looks at the tag of an entry.
    using Predicate = std::function<bool(const Json& tag)>;

    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// `conflict` when the name is taken. Of many threads that register one name, one succeeds.
    template <class T>
    [[nodiscard]] Result<Registration> register_name(std::string_view name, std::shared_ptr<T> object, Json tag = {}) {
        return register_entry(name, {std::move(object), std::string{detail::published_name<T>()}, std::move(tag)});
    }
    [[nodiscard]] Result<Registration> register_name(std::string_view name, Json tag = {}) {
        return register_entry(name, {nullptr, {}, std::move(tag)});
    }

    /// What was registered under this name as a `T`; null when there is nothing, or something else.
    template <class T>
    [[nodiscard]] std::shared_ptr<T> lookup(std::string_view name) const {
        return std::static_pointer_cast<T>(find_object(name, detail::published_name<T>()));
    }
    /// The tag of a name, nothing when it is not registered.
    [[nodiscard]] std::optional<Json> lookup_tag(std::string_view name) const;

    /// Adds an entry to those of the key.
    template <class T>
    Registration store(std::string_view key, std::shared_ptr<T> object, Json tag = {}) {
        return store_entry(key, {std::move(object), std::string{detail::published_name<T>()}, std::move(tag)});
    }
    Registration store(std::string_view key, Json tag) { return store_entry(key, {nullptr, {}, std::move(tag)}); }

    /// Of the objects that are stored under the key, those of type `T` whose tag satisfies `predicate`
    /// (every one does when there is none), in the order in which they came.
    template <class T>
    [[nodiscard]] std::vector<std::shared_ptr<T>> values(std::string_view key, const Predicate& predicate = {}) const {
        std::vector<std::shared_ptr<T>> all;
        for (auto& [object, tag] : find_objects(key, detail::published_name<T>()))
            if (!predicate || predicate(tag)) all.push_back(std::static_pointer_cast<T>(std::move(object)));
        return all;
    }
    /// The tags of all entries of the key, in the order in which they came.
    [[nodiscard]] std::vector<Json> tags(std::string_view key) const;
    /// How many entries the key has, of whatever type.
    [[nodiscard]] std::size_t count(std::string_view key, const Predicate& predicate = {}) const;

    class Record;
    class Recording;

private:
    [[nodiscard]] Result<Registration> register_entry(std::string_view name, detail::Published entry);
    Registration store_entry(std::string_view key, detail::Published entry);
    [[nodiscard]] bool note(detail::RegistryTable& table, std::string_view key, std::uint64_t number);
    // Nobody but those who ask for an object's type ever holds it.
    [[nodiscard]] std::shared_ptr<void> find_object(std::string_view name, std::string_view type) const;
    [[nodiscard]] std::vector<std::pair<std::shared_ptr<void>, Json>> find_objects(std::string_view key,
                                                                                   std::string_view type) const;

    // Shared with the registrations for as long as one of them removes its entry.
    std::shared_ptr<detail::RegistryState> state_;
};

/// What certain threads have put into a registry, so that it can be undone. Any thread.
class Registry::Record {
public:
    explicit Record(Registry& registry) noexcept : state_{registry.state_} {}
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    /// Removes what is still there; its registrations then keep nothing. A thread that is still
    /// recorded puts nothing in any more: `cancelled`, or a registration of nothing.
    void undo();

private:
    friend class Registry;
    struct Added {
        detail::RegistryTable* table;
        std::string key;
        std::uint64_t number;
    };

    std::shared_ptr<detail::RegistryState> state_; ///< its mutex guards what follows
    std::vector<Added> added_;
    bool undone_ = false;
};

/// While it lives, what this thread puts in is recorded.
class Registry::Recording {
public:
    explicit Recording(Record& record) noexcept;
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

private:
    Record* outer_;
};

} // namespace malla
