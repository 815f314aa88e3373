// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/live_output.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

#include <string>

#include <unistd.h>

namespace malla::cli {

namespace {

Json row_of(const MeshChange& change) {
    const bool service = !change.service.empty();
    Json row = Json::object({{"kind", service ? "service" : "node"},
                             {"service", service ? Json{change.service} : Json{}},
                             {"node", change.node_name},
                             {"id", change.node.text()},
                             {"status", change.status_text()}});
    if (service) row.set("admin_status", name_of(change.admin_status)).set("version", change.version);
    return row;
}

Json row_of(const Published& event) {
    const Json* service = event.value.find("service"); // of what a service told
    return Json::object({{"kind", "event"},
                         {"service", service && service->is_string() ? *service : Json{}},
                         {"node", event.node_name},
                         {"id", event.node.text()},
                         {"status", Json{}},
                         {"topic", event.topic},
                         {"value", event.value}});
}

std::string text_of(const MeshChange& change) {
    const std::string status{change.status_text()};
    if (change.service.empty()) return "node " + change.node_name + ": " + status;
    return "service " + change.service + ' ' + change.version + " on " + change.node_name + ": " + status;
}

std::string text_of(const Published& event) {
    return "event " + event.topic + " from " + event.node_name + ": " + *event.value.dump();
}

/// Lines for people on a terminal and under `text`, else JSON.
class Lines {
public:
    Lines(LiveOutput& output, const Common& common)
        : output_{output}, on_terminal_{terminal_of(STDOUT_FILENO, process_environment()).is_terminal},
          for_people_{is_for_people(common.mesh.format, on_terminal_)} {}

    template <class T>
    void write(const T& what) const {
        std::string line = for_people_ ? text_of(what) : *row_of(what).dump();
        if (on_terminal_ || for_people_) line = harmless(line, false);
        output_.write(line + '\n');
    }

private:
    LiveOutput& output_;
    const bool on_terminal_;
    const bool for_people_;
};

} // namespace

int run(const WatchCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    LiveOutput output{common};
    const Lines lines{output, common};
    const auto subscription = (*node)->subscribe(command.pattern, [&](const Published& event) { lines.write(event); });
    if (!subscription) return fail(subscription.error(), common);
    const auto watch = (*node)->watch([&](const MeshChange& change) { lines.write(change); });
    return output.wait([&] { return subscription->dropped(); });
}

} // namespace malla::cli
