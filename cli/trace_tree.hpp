// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malla::cli {

/// A span of a traced call, as its node told it.
struct TracedSpan {
    std::string span;   ///< its id
    std::string parent; ///< that of the span it is part of
    std::string name;   ///< SERVICE.CALLBACK of a call, else as its code calls it
    std::string kind;   ///< "client": a call that leaves, "server": one that came, "internal"
    std::string service;
    std::string node;
    std::int64_t at_us = 0; ///< since 1970, by the clock of its node
    std::int64_t took_us = 0;
    std::string status; ///< "ok", or what it failed with
    std::string info;

    /// Nothing for what is no span.
    [[nodiscard]] static std::optional<TracedSpan> read(const Json& told, std::string_view node);
};

/// A span at its place in the tree.
struct TraceRow {
    TracedSpan span;
    std::size_t depth = 0;
    std::string branches;      ///< what is drawn before its name
    std::int64_t start_us = 0; ///< after the start of the root
};

/// How the branches of a tree are drawn.
struct Branches {
    std::string_view child;
    std::string_view last_child;
    std::string_view beside; ///< below a child that others follow
    std::string_view below;  ///< below the last one

    static const Branches utf8;
    static const Branches ascii;
    /// Those for the variables LC_ALL, LC_CTYPE and LANG, the first that is set.
    [[nodiscard]] static const Branches& for_locale(std::string_view locale);
};

/// The root and what it caused, parents first, in the order of their start. What has a parent that nobody told of
/// stands below the root. Where the clock of a node is off, its spans are moved into the call that they are part of.
[[nodiscard]] std::vector<TraceRow> tree_of(const TracedSpan& root, std::vector<TracedSpan> spans,
                                            const Branches& branches);

/// Whether for each call that succeeded there is a span of the one who handled it.
[[nodiscard]] bool is_complete(const TracedSpan& root, const std::vector<TracedSpan>& spans);

} // namespace malla::cli
