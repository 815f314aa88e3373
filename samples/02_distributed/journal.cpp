// SPDX-License-Identifier: Apache-2.0
// A plugin in a file of its own, for storages that run: it tells the log what they do.
#include "02_distributed/log_api.hpp"
#include "02_distributed/storage_api.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/node/manifest.hpp"
#include "malla/node/remote.hpp"
#include "malla/service/trace.hpp"

#include <optional>

using namespace std::chrono_literals;

struct Journal : malla::Plugin {
    using Callbacks = malla::Callbacks<Put, Remove>;

    /// Without a log it does not start, and is not added then.
    malla::Result<void> start(const malla::Starting& starting) {
        malla::Node& node = malla::node_of(starting);
        log_.emplace(node);
        source_ = starting.node_name;
        return node.wait_for(LogApi::name(), malla::Deadline::in(3s));
    }

    malla::Result<void> on(Put, malla::Next<Put> next, const std::string& key, const Item& item) {
        return logged(next(key, item), "put " + key);
    }
    malla::Result<void> on(Remove, malla::Next<Remove> next, const std::string& key) {
        return logged(next(key), "remove " + key);
    }

private:
    /// What was done counts also when the log is gone by now: a storage does not depend on it.
    malla::Result<void> logged(malla::Result<void> done, const std::string& line) {
        if (!done) return done;
        malla::CallOptions soon = malla::within(1s);
        soon.no_wait = true;
        if (const auto told = log_->try_call<Append>(soon, source_, line); !told)
            malla::trace::warning("not logged: " + line + ", " + told.error().text());
        return done;
    }

    std::optional<malla::Remote<LogApi>> log_;
    std::string source_;
};

extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<Journal>();
