// SPDX-License-Identifier: Apache-2.0
// The plugin that does the work of a storage.
#pragma once

#include "02_distributed/storage_api.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/codec/settings.hpp"
#include "malla/node/remote.hpp"

#include <cstddef>
#include <string>

/// Keeps the items in memory, and begins with those of another storage, if there is one.
struct Table : malla::Plugin {
    using Callbacks = malla::Callbacks<Put, Get, List, Remove>;

    struct Settings {
        std::size_t max_items = 100;
        template <class Archive>
        void serialize(Archive& archive) {
            archive(malla::field("max_items", max_items));
        }
    };

    malla::Result<void> config(const malla::Json& config) {
        const auto wanted = malla::settings<Settings>(config, "table");
        return wanted ? malla::Result<void>{} : wanted.error();
    }
    malla::Result<void> start(const malla::Starting& starting) {
        use(starting.config);
        malla::CallOptions now;
        now.no_wait = true;
        auto others = malla::Remote<StorageApi>{malla::node_of(starting)}.try_call<List>(now);
        if (others) items_ = *std::move(others);
        else if (others.error().id() != "service_not_available") return std::move(others).error();
        return {};
    }
    malla::Updated updated(const malla::Json&, const malla::Json& now) { return use(now); }

    malla::Result<void> on(Put, const std::string& key, const Item& item) {
        if (items_.size() >= settings_.max_items && !items_.contains(key))
            return malla::Status{"not_allowed", "there is room for " + std::to_string(settings_.max_items) + " items"};
        items_[key] = item;
        return {};
    }
    malla::Result<Item> on(Get, const std::string& key) {
        const auto found = items_.find(key);
        if (found == items_.end()) return malla::Status{"not_found", "nothing is stored as " + key};
        return found->second;
    }
    Items on(List) { return items_; }
    void on(Remove, const std::string& key) { items_.erase(key); }

private:
    malla::Updated use(const malla::Json& config) { // one that `config` has let pass
        settings_ = *malla::settings<Settings>(config, "table");
        return malla::Updated::applied;
    }

    Settings settings_;
    Items items_; // a service runs one call at a time unless it says `concurrent`
};
