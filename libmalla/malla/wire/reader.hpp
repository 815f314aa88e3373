// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"
#include "malla/wire/frame.hpp"
#include "malla/wire/limits.hpp"
#include "malla/wire/text.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla::wire {

/// Reads a number whose lowest byte is at `at`.
template <std::unsigned_integral T>
[[nodiscard]] T load(const char* at) noexcept {
    T value = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&value, at, sizeof value);
    } else {
        for (std::size_t i = sizeof value; i-- > 0;)
            value = static_cast<T>(value << 8 | static_cast<std::uint8_t>(at[i]));
    }
    return value;
}

/// Why this is no frame of a version that this library speaks, or nothing when it is.
[[nodiscard]] std::optional<Status> foreign_fault(std::string_view frame);

/// Whether it has at most `max` bytes and is printable, or any UTF-8 if not `printable`.
[[nodiscard]] inline bool is_legal(std::string_view text, std::size_t max, bool printable = true) noexcept {
    return text.size() <= max && (printable ? is_printable(text) : is_utf8(text));
}

/// Says why `text`, which is `what`, is not legal.
[[nodiscard]] std::string illegal_text(std::string_view text, std::string_view what, std::size_t max, bool printable);

/// The same, or nothing when it is legal.
[[nodiscard]] inline std::optional<std::string> text_fault(std::string_view text, std::string_view what,
                                                           std::size_t max, bool printable = true) {
    if (is_legal(text, max, printable)) [[likely]]
        return std::nullopt;
    return illegal_text(text, what, max, printable);
}

/// Takes the parts of one frame from its beginning and never leaves it. After the first part that
/// is missing or wrong every further one is zero or empty, and `finish` gives that first fault.
class Reader {
public:
    /// An optional field.
    struct Field {
        std::uint8_t tag = 0;
        std::string_view value;
    };

    /// Opens a frame that must be of `type`.
    Reader(std::string_view frame, Type type) : type_{type} { open(frame); }
    /// Reads the value of a field of the frame that `outer` reads.
    Reader(const Field& field, const Reader& outer) noexcept : rest_{field.value}, type_{outer.type_} {}

    [[nodiscard]] bool ok() const noexcept { return !fault_; }

    template <std::unsigned_integral T>
    [[nodiscard]] T number() {
        const std::string_view bytes = take(sizeof(T));
        return bytes.empty() ? T{0} : load<T>(bytes.data());
    }
    [[nodiscard]] NodeId id() {
        const std::string_view from = take(NodeId::size_bytes);
        NodeId::Bytes bytes{};
        if (!from.empty()) std::memcpy(bytes.data(), from.data(), bytes.size());
        return NodeId{bytes};
    }
    /// As `id`, and it must not be nil.
    [[nodiscard]] NodeId node();
    [[nodiscard]] std::string_view take(std::size_t count) {
        if (count > rest_.size()) [[unlikely]]
            return too_short(count);
        const std::string_view bytes = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return bytes;
    }
    /// A printable text with a length of one byte. `what` names it in faults.
    [[nodiscard]] std::string_view name(std::string_view what, std::size_t max = max_name_bytes);
    /// As `name`, and it must not be empty.
    [[nodiscard]] std::string_view given_name(std::string_view what);
    /// A text with a length of two bytes.
    [[nodiscard]] std::string_view text(std::string_view what, std::size_t max);
    /// All that is left.
    [[nodiscard]] std::string_view rest() { return take(rest_.size()); }
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

    /// The next optional field, nothing after the last one.
    [[nodiscard]] std::optional<Field> field();
    /// `text` itself when it is legal.
    std::string_view checked(std::string_view text, std::string_view what, std::size_t max, bool printable = true) {
        if (is_legal(text, max, printable)) [[likely]]
            return text;
        fail(illegal_text(text, what, max, printable));
        return {};
    }

    /// What follows the header.
    [[nodiscard]] std::string_view body() const noexcept { return body_; }

    /// Notes a fault unless there is one already; `info` goes on after "CALL: ".
    void fail(std::string_view info);
    /// Takes over the fault of a reader of one of this frame's fields.
    void adopt(Reader&& inner) {
        if (ok() && !inner.ok()) fault_ = std::move(inner.fault_);
    }

    /// The fault, if there is one. Fields that nobody read are skipped.
    [[nodiscard]] std::optional<Status> finish() {
        while (!rest_.empty()) static_cast<void>(field());
        return std::move(fault_);
    }
    /// The message of a frame without a body, or the fault.
    template <class T>
    [[nodiscard]] Result<std::remove_cvref_t<T>> finish_whole(T&& message) {
        if (!body_.empty()) fail("there are bytes behind its end");
        if (auto fault = finish()) return *std::move(fault);
        return std::forward<T>(message);
    }

private:
    void open(std::string_view frame);
    std::string_view too_short(std::size_t count);

    std::string_view rest_;
    std::string_view body_;
    Type type_;
    std::optional<Status> fault_;
};

} // namespace malla::wire
