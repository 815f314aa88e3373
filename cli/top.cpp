// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/live_output.hpp"
#include "cli/run.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "cli/top_looker.hpp"
#include "cli/top_model.hpp"
#include "cli/top_screen.hpp"
#include "malla/base/log.hpp"

#include <cmath>
#include <string>
#include <string_view>

namespace malla::cli {

namespace {

Json rounded(double value) { return Json{std::round(value * 1000) / 1000}; }

Json row_of(const TopRow& row) {
    Json json =
        Json::object({{"service", row.service}, {"node", row.node}, {"id", row.node_id}, {"status", row.status}});
    const auto& last = row.last;
    const auto quantile = [&](double part) {
        const auto us = last ? last->quantile_us(part) : std::nullopt;
        return us ? rounded(*us) : Json{};
    };
    json.set("load", last ? Json{last->load} : Json{})
        .set("rate", last ? rounded(row.rate()) : Json{})
        .set("errors", last ? rounded(row.error_rate()) : Json{})
        .set("p50_us", quantile(0.5))
        .set("p99_us", quantile(0.99));
    return json;
}

/// Rows are written from the second look on: rates need two.
int write_rows(const TopCommand& command, const Common& common, Node& node) {
    LiveOutput output{common};
    TopModel model;
    std::uint64_t looks = 0;
    const auto on_look = [&](TopLook&& look) {
        model.update(look);
        if (looks++ == 0) return;
        std::string lines;
        for (const TopRow& row : model.instances()) lines += *row_of(row).dump() + '\n';
        output.write(lines);
        if (looks == command.count + 1 && command.count > 0) output.end(0);
    };
    const TopLooker looker{node, command.every, common.mesh.timeout, on_look};
    return output.wait([] { return std::uint64_t{0}; });
}

} // namespace

int run(const TopCommand& command, const Common& common) {
    const auto node = look_around(common);
    if (!node) return fail(node.error(), common);
    if (common.mesh.format == Format::json || !FullScreen::is_possible()) return write_rows(command, common, **node);
    set_log_sink([](LogLevel, std::string_view) noexcept {}); // the screen is taken
    try {
        return TopScreenLoop{command, common, **node}.run();
    } catch (...) {
        throw; // caught here so that the terminal is as it was, whoever catches it next, if anybody does
    }
}

} // namespace malla::cli
