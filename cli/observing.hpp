// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/log.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace malla::cli {

/// Takes a stream of the admin service on a node, on a thread of its own, and tells the node again and again, on
/// another one, that somebody still looks. What the node does for it ends with this.
template <class C>
class Observing {
public:
    using Value = ValueOf<ResultOf<C>>;
    using OnValue = std::function<void(const InstanceView&, Value&&)>;
    using OnEnd = std::function<void(const InstanceView&, const Status&)>;

    /// Both are called on the thread. The node outlives this.
    Observing(Node& node, InstanceView instance, std::string callback, OnValue on_value, OnEnd on_end)
        : node_{&node}, instance_{std::move(instance)}, callback_{std::move(callback)}, on_value_{std::move(on_value)},
          on_end_{std::move(on_end)}, renewer_{[this](const std::stop_token& stop) { renew(stop); }},
          taker_{[this](const std::stop_token& stop) { take(stop); }} {}

private:
    static constexpr std::chrono::seconds renew_every{1}; // a fifth of what the node allows
    static constexpr std::chrono::milliseconds slice{20};

    // Once a mesh is joined, one that is gone is not waited for.
    [[nodiscard]] CallOptions on_its_node() const {
        CallOptions options;
        options.on = instance_.node.text();
        options.no_wait = true;
        return options;
    }

    // Whoever takes the values may wait for the reader of an output.
    void renew(const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock{mutex};
        bool told = false;
        while (!stopped.wait_for(lock, stop, renew_every, [&] { return stop.stop_requested(); })) {
            const auto sent = Remote<admin::Api>{*node_}.send<admin::Renew>(on_its_node(), lease_);
            if (!sent && !std::exchange(told, true))
                log(LogLevel::debug,
                    instance_.node_name + " is not told that it is still observed: " + sent.error().info());
        }
    }

    void take(const std::stop_token& stop) {
        auto values = Remote<admin::Api>{*node_}.stream<C>(on_its_node(), instance_.service, callback_, lease_);
        while (!stop.stop_requested()) {
            if (!values.wait_until(Deadline::in(slice))) continue;
            auto value = values.next();
            if (!value) return on_end_(instance_, value.error());
            if (!*value) return on_end_(instance_, Status{"gone"});
            on_value_(instance_, **std::move(value));
        }
    }

    Node* node_;
    const InstanceView instance_;
    const std::string callback_;
    const OnValue on_value_;
    const OnEnd on_end_;
    const std::string lease_ = NodeId::random().text();
    // They use all of the above.
    std::jthread renewer_;
    std::jthread taker_;
};

} // namespace malla::cli
