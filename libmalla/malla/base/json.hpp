// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace malla {

/// Any JSON value. Objects keep the order in which their members were added, integers keep all
/// of their 64 bits, and a text that is deeper than `max_depth` is refused while it is read.
///
/// A value type of 16 bytes; reading one from several threads is safe.
class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, unsigned_integer, number, string, array, object };

    static constexpr std::size_t max_depth = 64;

    Json() noexcept; ///< null
    Json(std::nullptr_t) noexcept : Json{} {}
    Json(bool value) noexcept;
    Json(int value) noexcept : Json{static_cast<std::int64_t>(value)} {}
    Json(std::int64_t value) noexcept;
    Json(std::uint64_t value) noexcept;
    Json(double value) noexcept;
    Json(std::string value);
    Json(std::string_view value) : Json{std::string{value}} {}
    Json(const char* value) : Json{std::string{value}} {}
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(Json other) noexcept;
    ~Json();

    [[nodiscard]] static Json array(std::initializer_list<Json> items = {});
    [[nodiscard]] static Json object(std::initializer_list<std::pair<std::string_view, Json>> members = {});

    /// Reads exactly one JSON value in UTF-8. The status is `syntax_error` and says where.
    /// Of two members with one name the last one counts.
    [[nodiscard]] static Result<Json> parse(std::string_view text);

    /// Writes it on one line without spaces. A double that is whole is written without a
    /// fraction, any other in the fewest digits that read back the same.
    /// NaN and the infinities have no JSON form: `syntax_error`.
    [[nodiscard]] Result<std::string> dump() const;
    /// Writes it on many lines, for people, `indent` spaces a level.
    [[nodiscard]] Result<std::string> pretty(int indent = 2) const;

    [[nodiscard]] Kind kind() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::null; }
    [[nodiscard]] bool is_string() const noexcept { return kind() == Kind::string; }
    [[nodiscard]] bool is_array() const noexcept { return kind() == Kind::array; }
    [[nodiscard]] bool is_object() const noexcept { return kind() == Kind::object; }
    [[nodiscard]] bool is_number() const noexcept;

    // Each asks for the kind it names; asking another kind is a mistake in the program.
    [[nodiscard]] bool as_bool() const noexcept;
    [[nodiscard]] std::int64_t as_integer() const noexcept;   ///< kind `integer`
    [[nodiscard]] std::uint64_t as_unsigned() const noexcept; ///< kind `unsigned_integer`
    [[nodiscard]] double as_number() const noexcept;          ///< any of the three number kinds
    [[nodiscard]] const std::string& as_string() const noexcept;

    /// Items of an array or members of an object, 0 for anything else.
    [[nodiscard]] std::size_t size() const noexcept;
    /// The item of an array.
    [[nodiscard]] const Json& at(std::size_t index) const noexcept;
    /// The member of an object, or nullptr when it has none of that name or is no object.
    [[nodiscard]] const Json* find(std::string_view name) const noexcept;
    /// The member at a position in an object.
    [[nodiscard]] std::pair<std::string_view, const Json&> member(std::size_t index) const noexcept;

    /// Appends to an array; null becomes an array first.
    void push_back(Json item);
    /// Adds or replaces a member of an object; null becomes an object first.
    Json& set(std::string_view name, Json value);

    /// Numbers are equal by value, objects whatever the order of their members.
    friend bool operator==(const Json& a, const Json& b) noexcept;

private:
    struct Access;
    alignas(8) std::byte storage_[16];
};

} // namespace malla
