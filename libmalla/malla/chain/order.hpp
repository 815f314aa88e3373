// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace malla {

/// What plugins need of each other, by index: a square of bytes, row by row.
class DependencyMatrix {
public:
    /// `cells` has `size * size` entries; that of row `a` and column `b` is 1 when a depends on b.
    /// A plugin's dependency on itself means nothing.
    constexpr DependencyMatrix(std::span<const unsigned char> cells, std::size_t size) noexcept
        : cells_{cells.data()}, size_{size} {}

    [[nodiscard]] constexpr bool depends(std::size_t a, std::size_t b) const noexcept {
        return cells_[a * size_ + b] != 0 && a != b;
    }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

private:
    const unsigned char* cells_;
    std::size_t size_;
};

/// What `order_plugins` wrote: all plugins, top first; or, when there is no order, the plugins of
/// one circle, each of which depends on the next and the last on the first.
struct Ordering {
    bool ordered;
    std::size_t count;
};

namespace detail {

/// The first of `left` that depends on `plugin`, or the matrix's size.
constexpr std::size_t first_above(const DependencyMatrix& matrix, std::span<const std::size_t> left,
                                  std::size_t plugin) {
    for (const std::size_t above : left)
        if (matrix.depends(above, plugin)) return above;
    return matrix.size();
}

/// Moves the entry at `from` to `to`, and those between by one.
constexpr void move_entry(std::span<std::size_t> entries, std::size_t from, std::size_t to) {
    const std::size_t moved = entries[from];
    for (; from > to; --from) entries[from] = entries[from - 1];
    for (; from < to; ++from) entries[from] = entries[from + 1];
    entries[to] = moved;
}

constexpr void sort_by_rank(std::span<const std::size_t> rank, std::span<std::size_t> order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::size_t to = i;
        while (to > 0 && rank[order[to - 1]] > rank[i]) --to;
        order[i] = i;
        move_entry(order, i, to);
    }
}

/// `left` are plugins of which each has another of them above it, so going up ends in a circle.
constexpr std::size_t write_circle(const DependencyMatrix& matrix, std::span<std::size_t> left) {
    std::size_t start = left[0];
    for (std::size_t step = 0; step < left.size(); ++step) start = first_above(matrix, left, start);
    std::size_t back = left.size(); // the circle is gathered at the end, from its lowest upwards
    std::size_t plugin = start;
    do {
        std::size_t from = 0;
        while (left[from] != plugin) ++from;
        plugin = first_above(matrix, left, plugin);
        move_entry(left, from, --back);
    } while (plugin != start);
    return left.size() - back;
}

} // namespace detail

/// The one rule of order, at compile time and at run time: among the plugins whose dependants are
/// all placed, place the one of lowest rank; repeat. Writes to `order`, which has an entry for each
/// plugin. A service and `Base` are not among them: they are always on top and at the bottom.
constexpr Ordering order_plugins(std::span<const std::size_t> rank, const DependencyMatrix& matrix,
                                 std::span<std::size_t> order) {
    detail::sort_by_rank(rank, order);
    for (std::size_t placed = 0; placed < order.size(); ++placed) {
        const std::span<std::size_t> left = order.subspan(placed);
        std::size_t next = 0;
        while (next < left.size() && detail::first_above(matrix, left, left[next]) != matrix.size()) ++next;
        if (next == left.size()) {
            const std::size_t count = detail::write_circle(matrix, left);
            for (std::size_t i = 0; i < count; ++i) order[i] = order[order.size() - count + i];
            return {false, count};
        }
        detail::move_entry(left, next, 0);
    }
    return {true, order.size()};
}

} // namespace malla
