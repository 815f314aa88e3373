// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace malla {

template <class T>
class Result;

/// What is known about the handler of a call that did not return a value.
enum class Outcome : std::uint8_t {
    answered, ///< the service itself answered with this status
    not_run,  ///< it is certain that no handler began
    unknown,  ///< sent, and nobody knows whether a handler ran
};

/// "answered", "not_run" or "unknown".
[[nodiscard]] std::string_view name_of(Outcome outcome) noexcept;

/// Exit codes of the `malla` command; the status table gives one to every status.
enum class ExitCode : std::uint8_t {
    success = 0,
    error_status = 1,
    usage = 2,
    not_run = 3,
    deadline = 4,
    refused = 5,
    unreachable = 6,
    unknown = 7,
};

/// One line of the status table: everything that is decided by an identifier alone.
struct StatusEntry {
    std::string_view id;
    std::uint16_t code;
    Outcome outcome;
    ExitCode exit_code;
    std::string_view text;  ///< may hold one `{}`, filled with the argument of the status
    std::string_view field; ///< the key under which that argument is kept in `data`, or empty
};

/// The table's line for `id`, or that of `unknown_status` (code 500, answered).
[[nodiscard]] const StatusEntry& status_entry(std::string_view id) noexcept;

/// All lines; the last is `unknown_status`.
[[nodiscard]] std::span<const StatusEntry> status_table() noexcept;

/// Why something did not give a value: an identifier, a sentence for people, and details.
///
/// A status is one pointer wide and moves for free; copying one copies its texts.
/// A moved-from status may only be assigned to or destroyed.
class Status {
public:
    using Fields = std::map<std::string, std::string, std::less<>>;

    /// Takes code, outcome and text from the table, the text without the place that an argument
    /// would fill. An identifier that is not in the table keeps its name, with code 500, outcome
    /// `answered` and itself as the text; an empty one is `unknown_status`.
    explicit Status(std::string_view id);

    /// As above. Where the table's text has a `{}`, `argument` fills it; otherwise `argument`
    /// is the text.
    Status(std::string_view id, std::string_view argument);

    Status(const Status& other);
    Status& operator=(const Status& other);
    // Every link of a chain moves and destroys one in its head: both must vanish there.
    [[gnu::always_inline]] Status(Status&& other) noexcept : details_{other.details_} { other.details_ = nullptr; }
    Status& operator=(Status&& other) noexcept {
        std::swap(details_, other.details_);
        return *this;
    }
    [[gnu::always_inline]] ~Status() {
        if (details_) free(details_);
    }

    [[nodiscard]] std::string_view id() const noexcept;
    /// The code in the style of HTTP, 0 when none fits.
    [[nodiscard]] int code() const noexcept;
    [[nodiscard]] Outcome outcome() const noexcept;
    [[nodiscard]] ExitCode exit_code() const noexcept;
    /// The sentence for people.
    [[nodiscard]] const std::string& info() const noexcept;
    [[nodiscard]] const Fields& data() const noexcept;
    [[nodiscard]] const Fields& metadata() const noexcept;

    Status& set_code(int code);
    Status& set_outcome(Outcome outcome);
    Status& set_info(std::string info);
    Status& set_data(std::string key, std::string value);
    Status& set_metadata(std::string key, std::string value);
    /// Replaces all of it.
    Status& set_metadata(Fields metadata);

    /// "not_found (404): Not found", as the command prints it.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Status& a, const Status& b) noexcept;

private:
    struct Details;
    static void free(Details* details) noexcept;

    Details* details_; // owned; null when moved from

    template <class>
    friend class Result;
    explicit Status(std::nullptr_t) noexcept : details_{nullptr} {} // as if moved from
};

} // namespace malla
