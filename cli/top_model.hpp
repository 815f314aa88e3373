// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/view.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// What the mesh told when it was looked at.
struct TopLook {
    struct Instance {
        InstanceView view;
        std::optional<admin::Stats> stats; ///< nothing where its node did not say
    };
    Clock::time_point at;
    std::vector<NodeView> nodes;
    std::vector<Instance> instances;
};

/// What happened between two looks, at one instance or several.
struct TopInterval {
    double seconds = 0;
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::uint64_t load = 0;
    std::vector<std::uint64_t> took; ///< as in `admin::Stats`

    void add(const TopInterval& other);
    /// The time that this part of the calls, 0 to 1, did not exceed, as far as the buckets tell; nothing without calls.
    [[nodiscard]] std::optional<double> quantile_us(double part) const;
};

/// A service, one of its instances, or a node.
struct TopRow {
    enum class Kind : std::uint8_t { service, instance, node };

    Kind kind = Kind::service;
    std::string service; ///< empty for a node
    std::string node;    ///< its name; empty for a service
    std::string node_id;
    std::string status;
    bool is_at_rest = false;         ///< its operator wants that, or of a service of all instances
    std::optional<TopInterval> last; ///< nothing until two looks have told of it
    std::vector<double> latencies;   ///< the median of each look in us, negative where there was no call, oldest first

    [[nodiscard]] double rate() const { return last && last->seconds > 0 ? calls() / last->seconds : 0; }
    [[nodiscard]] double error_rate() const {
        return last && last->seconds > 0 ? static_cast<double>(last->errors) / last->seconds : 0;
    }
    [[nodiscard]] double calls() const { return last ? static_cast<double>(last->calls) : 0; }
    [[nodiscard]] double median_us() const { return last ? last->quantile_us(0.5).value_or(0) : 0; }
    [[nodiscard]] bool is_same(const TopRow& other) const {
        return kind == other.kind && service == other.service && node_id == other.node_id;
    }
};

enum class TopSort : std::uint8_t { name, rate, errors, latency, load };
inline constexpr std::size_t top_sorts = 5;
[[nodiscard]] std::string_view name_of(TopSort sort) noexcept;

/// Makes rates of what is counted, from look to look.
class TopModel {
public:
    void update(const TopLook& look);

    /// Services with their instances behind each, then the nodes; of those whose name, or whose node's name, has
    /// `filter` in it. What is most comes first, and names go from A to Z.
    [[nodiscard]] std::vector<TopRow> rows(TopSort sort, std::string_view filter) const;
    /// As they were told.
    [[nodiscard]] const std::vector<TopRow>& instances() const noexcept { return instances_; }

private:
    struct Seen {
        Clock::time_point at;
        admin::Stats stats;
    };
    using History = std::deque<double>;

    [[nodiscard]] std::optional<TopInterval> interval(const std::string& key, const TopLook::Instance& told,
                                                      Clock::time_point at);
    void sum();
    void note_latencies();

    std::map<std::string, Seen> seen_;
    std::map<std::string, History> histories_;
    std::vector<TopRow> instances_;
    std::vector<TopRow> services_;
    std::vector<TopRow> nodes_;
};

} // namespace malla::cli
