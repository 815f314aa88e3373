// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/service/trace_api.hpp"

#include <concepts>
#include <source_location>
#include <string_view>
#include <type_traits>

namespace malla::trace {

namespace detail {

/// The names that `-DMALLA_LOG_MIN_LEVEL=...` may give; a number does as well.
namespace levels {
inline constexpr int min = 0;
inline constexpr int debug = static_cast<int>(Level::debug);
inline constexpr int metric = static_cast<int>(Level::metric);
inline constexpr int info = static_cast<int>(Level::info);
inline constexpr int event = static_cast<int>(Level::event);
inline constexpr int notice = static_cast<int>(Level::notice);
inline constexpr int warning = static_cast<int>(Level::warning);
inline constexpr int error = static_cast<int>(Level::error);
inline constexpr int max = 9;

#ifdef MALLA_LOG_MIN_LEVEL
constexpr int least = MALLA_LOG_MIN_LEVEL;
#else
constexpr int least = min;
#endif
static_assert(least >= min && least <= max,
              "malla: MALLA_LOG_MIN_LEVEL is min, debug, metric, info, event, notice, warning, error, max, or 0 to 9");
} // namespace levels

template <class T>
concept IsText = std::convertible_to<const T&, std::string_view>;

/// Whether somebody takes lines of that level here.
[[nodiscard]] bool wants(Level level) noexcept;
void write(Level level, std::string_view text, const Labels& labels, const std::source_location& where) noexcept;

template <Level At, int Least, class Text>
[[gnu::always_inline]] inline void log([[maybe_unused]] Text& text, [[maybe_unused]] const Labels& labels,
                                       [[maybe_unused]] const std::source_location& where) {
    if constexpr (static_cast<int>(At) >= Least) {
        if (!wants(At)) return;
        if constexpr (IsText<Text>) write(At, std::string_view{text}, labels, where);
        else {
            const auto& built = text();
            write(At, std::string_view{built}, labels, where);
        }
    }
}

} // namespace detail

/// A text, or a function without parameters that builds one when somebody takes it:
///
///     malla::trace::info([&] { return "sold " + std::to_string(n); }, {{"shop", shop}});
template <class T>
concept LogText = detail::IsText<T> || requires(T& text) {
    { text() } -> std::convertible_to<std::string_view>;
};

// Each writes a line that belongs to the open span and the service whose code runs. It goes to the plugins
// of the service that take part in `WriteLog`, else to the log. The level below which calls leave no code
// behind is set for each source file, `-DMALLA_LOG_MIN_LEVEL=info`; it is a template argument, so files
// with different ones can be linked.

template <int Least = detail::levels::least, LogText Text>
[[gnu::always_inline]] inline void debug(Text&& text, const Labels& labels = {},
                                         std::source_location where = std::source_location::current()) {
    detail::log<Level::debug, Least>(text, labels, where);
}
template <int Least = detail::levels::least, LogText Text>
[[gnu::always_inline]] inline void info(Text&& text, const Labels& labels = {},
                                        std::source_location where = std::source_location::current()) {
    detail::log<Level::info, Least>(text, labels, where);
}
template <int Least = detail::levels::least, LogText Text>
[[gnu::always_inline]] inline void notice(Text&& text, const Labels& labels = {},
                                          std::source_location where = std::source_location::current()) {
    detail::log<Level::notice, Least>(text, labels, where);
}
template <int Least = detail::levels::least, LogText Text>
[[gnu::always_inline]] inline void warning(Text&& text, const Labels& labels = {},
                                           std::source_location where = std::source_location::current()) {
    detail::log<Level::warning, Least>(text, labels, where);
}
template <int Least = detail::levels::least, LogText Text>
[[gnu::always_inline]] inline void error(Text&& text, const Labels& labels = {},
                                         std::source_location where = std::source_location::current()) {
    detail::log<Level::error, Least>(text, labels, where);
}

} // namespace malla::trace
