// SPDX-License-Identifier: Apache-2.0
#include "malla/node/watch.hpp"

#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "malla/node/watch_loop.hpp"

#include <algorithm>
#include <exception>
#include <ranges>

namespace malla {

namespace {

MeshChange change_of(const NodeView& node) {
    MeshChange change;
    change.node = node.id;
    change.node_name = node.name;
    change.stale = node.stale;
    return change;
}

MeshChange change_of(const InstanceView& instance) {
    return {instance.node,   instance.node_name,    instance.service, instance.version,
            instance.status, instance.admin_status, instance.stale,   false};
}

} // namespace

std::string_view MeshChange::status_text() const noexcept {
    if (gone) return "gone";
    return stale ? "stale" : name_of(status);
}

std::vector<MeshChange> MeshDiff::update(const std::vector<NodeView>& nodes,
                                         const std::vector<InstanceView>& instances) {
    std::map<std::pair<NodeId, std::string>, MeshChange> now;
    for (const auto& node : nodes) now.emplace(std::pair{node.id, std::string{}}, change_of(node));
    for (const auto& instance : instances) now.emplace(std::pair{instance.node, instance.service}, change_of(instance));

    std::vector<MeshChange> changes;
    for (const auto& [key, former] : std::views::reverse(known_)) {
        if (now.contains(key)) continue;
        changes.push_back(former);
        changes.back().gone = true;
    }
    for (const auto& [key, present] : now) {
        const auto former = known_.find(key);
        if (former == known_.end() || former->second != present) changes.push_back(present);
    }
    known_ = std::move(now);
    return changes;
}

struct Watch::Loop::Work {
    void run(const discovery::SharedDirectory& directory) {
        while (!ending) {
            const auto version = directory.version();
            const Look present = look();
            for (const auto& change : diff.update(present.nodes, present.instances)) tell(change);
            if (ending) return; // by the handler: the directory may be gone
            const auto changed = [&](const discovery::Directory&) { return ending || directory.version() != version; };
            if (!directory.wait(changed, Deadline{Clock::time_point::max()})) return;
        }
    }

    void tell(const MeshChange& change) {
        if (ending) return;
        try {
            handler(change);
        } catch (const std::exception& error) {
            log(LogLevel::error, std::string{"a handler of changes threw: "} + error.what());
        } catch (...) {
            log(LogLevel::error, "a handler of changes threw");
        }
    }

    std::function<Look()> look;
    ChangeHandler handler;
    MeshDiff diff;
    std::atomic<bool> ending = false;
};

Watch::Loop::Loop(const discovery::SharedDirectory& directory, std::function<Look()> look, ChangeHandler handler)
    : directory_{directory}, work_{std::make_shared<Work>()} {
    work_->look = std::move(look);
    work_->handler = std::move(handler);
    thread_ = start_thread("malla-changes", [work = work_, &directory] { work->run(directory); });
}

Watch::Loop::~Loop() {
    work_->ending = true;
    directory_.wake();
    if (thread_.get_id() == std::this_thread::get_id()) thread_.detach();
    else thread_.join();
}

Watch::Watch(std::unique_ptr<Loop> loop) noexcept : loop_{std::move(loop)} {}
Watch::Watch(Watch&& other) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept = default;
Watch::~Watch() = default;

} // namespace malla
