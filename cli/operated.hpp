// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace malla::cli {

/// The instances of a service, each asked by the node that it is on.
class Operated {
public:
    /// With `wait`, until one of them takes calls, and a second more to ask those that do not why.
    [[nodiscard]] static Result<Operated> find(const std::string& service, const std::string& on, const Common& common,
                                               bool wait = false);

    [[nodiscard]] const std::vector<InstanceView>& instances() const noexcept { return instances_; }
    [[nodiscard]] Node& node() const noexcept { return *node_; }

    /// `instances` are those that there are now.
    void look_again();
    [[nodiscard]] bool has_left(const InstanceView& instance) const;
    /// With the hint that a name which nobody has gets.
    [[nodiscard]] Status nobody_there() const;

    /// Calls `C` of the admin service on the node of `instance`, and does not wait for one that has left.
    template <class C, class... Arguments>
    [[nodiscard]] Result<ResultOf<C>> ask(const InstanceView& instance, Arguments&&... arguments) const {
        CallOptions options;
        options.deadline = ask_until_;
        options.on = instance.node.text();
        options.no_wait = true;
        return Remote<admin::Api>{*node_}.try_call<C>(options, std::forward<Arguments>(arguments)...);
    }

    /// Waits a little; false when there is no time left to wait. There is some to ask why, then.
    [[nodiscard]] bool pause() const;

private:
    Operated(std::unique_ptr<Node> node, std::string service, std::string on, Deadline wait_until, Deadline ask_until)
        : node_{std::move(node)}, service_{std::move(service)}, on_{std::move(on)}, wait_until_{wait_until},
          ask_until_{ask_until} {}

    std::unique_ptr<Node> node_;
    std::string service_;
    std::string on_;
    std::vector<InstanceView> instances_;
    Deadline wait_until_;
    Deadline ask_until_;
};

/// Does something with each instance, says which of them failed, and gives the worst exit code.
[[nodiscard]] int with_each(const Operated& operated, const Common& common,
                            const std::function<Result<void>(const InstanceView&)>& act);

} // namespace malla::cli
