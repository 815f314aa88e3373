// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_tree.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace malla::cli {

namespace {

std::string text_of(const Json& object, std::string_view member) {
    const Json* value = object.find(member);
    return value && value->is_string() ? value->as_string() : std::string{};
}

std::int64_t number_of(const Json& object, std::string_view member) {
    const Json* value = object.find(member);
    return value && value->kind() == Json::Kind::integer ? value->as_integer() : 0;
}

class Tree {
public:
    Tree(const TracedSpan& root, std::vector<TracedSpan> spans, const Branches& branches)
        : root_{root}, branches_{branches} {
        std::ranges::sort(spans, {}, [](const TracedSpan& span) { return std::pair{span.at_us, span.span}; });
        std::set<std::string> known{root.span};
        for (const auto& span : spans) known.insert(span.span);
        for (auto& span : spans) {
            std::string parent = known.contains(span.parent) ? span.parent : root.span;
            if (span.span != root.span) children_[std::move(parent)].push_back(std::move(span));
        }
    }

    std::vector<TraceRow> rows() {
        rows_.push_back({root_, 0, "", 0});
        add_below(root_, 0, "", root_.at_us, 0);
        return std::move(rows_);
    }

private:
    // `shift` is what the clock of the parent's node is behind that of the root's.
    void add_below(const TracedSpan& parent, std::size_t depth, const std::string& indent, std::int64_t parent_at,
                   std::int64_t shift) {
        // Taken out, so that spans in a circle come once.
        const auto found = children_.find(parent.span);
        if (found == children_.end()) return;
        const auto children = std::move(found->second);
        children_.erase(found);
        for (const auto& child : children) {
            const bool last = &child == &children.back();
            const std::int64_t own = child.kind == "server" ? shift_of(child, parent, parent_at) : shift;
            const std::int64_t at = child.at_us + own;
            rows_.push_back({child, depth + 1, indent + std::string{last ? branches_.last_child : branches_.child},
                             at - root_.at_us});
            add_below(child, depth + 1, indent + std::string{last ? branches_.below : branches_.beside}, at, own);
        }
    }

    // A call is handled while it is made: else the clocks differ.
    static std::int64_t shift_of(const TracedSpan& handled, const TracedSpan& made, std::int64_t made_at) {
        const bool inside = handled.at_us >= made_at && handled.at_us + handled.took_us <= made_at + made.took_us;
        return inside ? 0 : made_at + (made.took_us - handled.took_us) / 2 - handled.at_us;
    }

    const TracedSpan& root_;
    const Branches& branches_;
    std::map<std::string, std::vector<TracedSpan>> children_;
    std::vector<TraceRow> rows_;
};

} // namespace

const Branches Branches::utf8{"├─ ", "└─ ", "│  ", "   "};
const Branches Branches::ascii{"|- ", "`- ", "|  ", "   "};

const Branches& Branches::for_locale(std::string_view locale) {
    const auto has = [&](std::string_view charset) { return locale.find(charset) != std::string_view::npos; };
    return has("UTF-8") || has("utf-8") || has("UTF8") || has("utf8") ? utf8 : ascii;
}

std::optional<TracedSpan> TracedSpan::read(const Json& told, std::string_view node) {
    const Json* about = told.find("payload");
    if (!about || text_of(*about, "span").empty()) return std::nullopt;
    TracedSpan read;
    read.span = text_of(*about, "span");
    read.parent = text_of(*about, "parent");
    read.name = text_of(*about, "name");
    read.kind = text_of(*about, "kind");
    read.service = text_of(told, "service");
    read.node = node;
    read.at_us = number_of(*about, "at_us");
    read.took_us = number_of(*about, "took_us");
    read.status = text_of(*about, "status");
    read.info = text_of(*about, "info");
    const Json* labels = about->find("labels");
    if (labels && read.kind != "internal" && !text_of(*labels, "operation").empty())
        read.name = text_of(*labels, "service") + '.' + text_of(*labels, "operation");
    return read;
}

std::vector<TraceRow> tree_of(const TracedSpan& root, std::vector<TracedSpan> spans, const Branches& branches) {
    return Tree{root, std::move(spans), branches}.rows();
}

bool is_complete(const TracedSpan& root, const std::vector<TracedSpan>& spans) {
    std::set<std::string> handled;
    for (const auto& span : spans)
        if (span.kind == "server") handled.insert(span.parent);
    const auto is_handled = [&](const TracedSpan& span) {
        return span.kind != "client" || span.status != "ok" || handled.contains(span.span);
    };
    return is_handled(root) && std::ranges::all_of(spans, is_handled);
}

} // namespace malla::cli
