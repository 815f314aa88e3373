// SPDX-License-Identifier: Apache-2.0
#include "cli/top_model.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <utility>

namespace malla::cli {

namespace {

constexpr std::size_t most_latencies = 200; // no terminal shows more

std::string key_of(const TopRow& row) {
    return std::to_string(static_cast<int>(row.kind)) + '\n' + row.service + '\n' + row.node_id;
}

std::string status_of(const InstanceView& view) {
    if (view.stale) return "stale";
    switch (view.admin_status) {
    case AdminStatus::pause: return "paused";
    case AdminStatus::drain: return "draining";
    default: return std::string{name_of(view.status)};
    }
}

std::string lower(std::string_view text) {
    std::string copy{text};
    for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return copy;
}

bool has(std::string_view text, std::string_view part) { return lower(text).find(lower(part)) != std::string::npos; }

void add_to(TopRow& sum, const TopRow& part) {
    if (!part.last) return;
    if (!sum.last) sum.last.emplace();
    sum.last->add(*part.last);
}

double weight(const TopRow& row, TopSort sort) {
    switch (sort) {
    case TopSort::rate: return row.rate();
    case TopSort::errors: return row.error_rate();
    case TopSort::latency: return row.median_us();
    case TopSort::load: return row.last ? static_cast<double>(row.last->load) : 0;
    case TopSort::name: break;
    }
    return 0;
}

void put_in_order(std::vector<TopRow>& rows, TopSort sort) {
    std::ranges::sort(rows, [&](const TopRow& a, const TopRow& b) {
        const double first = weight(a, sort);
        const double second = weight(b, sort);
        if (first != second) return first > second;
        return std::tie(a.service, a.node, a.node_id) < std::tie(b.service, b.node, b.node_id);
    });
}

} // namespace

std::string_view name_of(TopSort sort) noexcept {
    constexpr std::array<std::string_view, top_sorts> names{"name", "calls/s", "errors/s", "latency", "load"};
    return names.at(static_cast<std::size_t>(sort));
}

void TopInterval::add(const TopInterval& other) {
    seconds = std::max(seconds, other.seconds);
    calls += other.calls;
    errors += other.errors;
    load += other.load;
    took.resize(std::max(took.size(), other.took.size()));
    for (std::size_t i = 0; i < other.took.size(); ++i) took[i] += other.took[i];
}

std::optional<double> TopInterval::quantile_us(double part) const {
    if (calls == 0) return std::nullopt;
    const double wanted = part * static_cast<double>(calls);
    double before = 0;
    for (std::size_t i = 0; i < took.size(); ++i) {
        const auto here = static_cast<double>(took[i]);
        if (here > 0 && before + here >= wanted) {
            const double from = i == 0 ? 0 : std::ldexp(1.0, static_cast<int>(i) - 1);
            const double to = std::ldexp(1.0, static_cast<int>(i));
            return from + (to - from) * (wanted - before) / here;
        }
        before += here;
    }
    return std::nullopt;
}

std::optional<TopInterval> TopModel::interval(const std::string& key, const TopLook::Instance& told,
                                              Clock::time_point at) {
    if (!told.stats) return std::nullopt;
    const auto before = seen_.find(key);
    const auto& now = *told.stats;
    // A service that was started anew counts from 0 again.
    const bool comparable = before != seen_.end() && before->second.stats.calls <= now.calls &&
                            before->second.stats.errors <= now.errors &&
                            before->second.stats.took.size() == now.took.size();
    std::optional<TopInterval> made;
    if (comparable) {
        const auto& [when, stats] = before->second;
        made = TopInterval{std::chrono::duration<double>{at - when}.count(), now.calls - stats.calls,
                           now.errors - stats.errors, now.load, now.took};
        for (std::size_t i = 0; i < now.took.size(); ++i) made->took[i] -= std::min(made->took[i], stats.took[i]);
    }
    seen_[key] = {at, now};
    return made;
}

void TopModel::update(const TopLook& look) {
    instances_.clear();
    nodes_.clear();
    for (const auto& told : look.instances) {
        TopRow row{TopRow::Kind::instance,
                   told.view.service,
                   told.view.node_name,
                   told.view.node.text(),
                   status_of(told.view),
                   told.view.admin_status != AdminStatus::active,
                   {},
                   {}};
        row.last = interval(key_of(row), told, look.at);
        instances_.push_back(std::move(row));
    }
    for (const auto& node : look.nodes)
        if (!node.services.empty())
            nodes_.push_back(
                {TopRow::Kind::node, "", node.name, node.id.text(), node.stale ? "stale" : "running", false, {}, {}});
    std::erase_if(seen_, [&](const auto& each) {
        return std::ranges::none_of(instances_, [&](const TopRow& row) { return key_of(row) == each.first; });
    });
    sum();
    note_latencies();
}

void TopModel::sum() {
    services_.clear();
    for (const TopRow& instance : instances_) {
        auto service = std::ranges::find(services_, instance.service, &TopRow::service);
        if (service == services_.end()) {
            services_.push_back({TopRow::Kind::service, instance.service, "", "", instance.status, true, {}, {}});
            service = services_.end() - 1;
        }
        service->is_at_rest = service->is_at_rest && instance.is_at_rest;
        if (instance.status == "running") service->status = "running"; // as well as its best instance
        add_to(*service, instance);
        const auto node = std::ranges::find(nodes_, instance.node_id, &TopRow::node_id);
        if (node != nodes_.end()) add_to(*node, instance);
    }
}

void TopModel::note_latencies() {
    std::map<std::string, History> kept;
    for (auto* rows : {&services_, &instances_, &nodes_})
        for (TopRow& row : *rows) {
            const std::string key = key_of(row);
            History history = std::move(histories_[key]);
            if (row.last) history.push_back(row.last->quantile_us(0.5).value_or(-1));
            if (history.size() > most_latencies) history.pop_front();
            row.latencies.assign(history.begin(), history.end());
            kept.emplace(key, std::move(history));
        }
    histories_ = std::move(kept);
}

std::vector<TopRow> TopModel::rows(TopSort sort, std::string_view filter) const {
    std::vector<TopRow> found;
    auto services = services_;
    auto instances = instances_;
    auto nodes = nodes_;
    for (auto* rows : {&services, &instances, &nodes}) put_in_order(*rows, sort);
    for (const TopRow& service : services) {
        std::vector<TopRow> own;
        for (const TopRow& instance : instances)
            if (instance.service == service.service && (has(service.service, filter) || has(instance.node, filter)))
                own.push_back(instance);
        if (own.empty()) continue;
        found.push_back(service);
        found.insert(found.end(), own.begin(), own.end());
    }
    for (const TopRow& node : nodes)
        if (has(node.node, filter)) found.push_back(node);
    return found;
}

} // namespace malla::cli
