// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
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
    /// `unsigned_integer` is for whole numbers beyond 2^63 - 1 only, `integer` for all below.
    /// A whole number beyond 64 bits is a `number`.
    enum class Kind : std::uint8_t { null, boolean, integer, unsigned_integer, number, string, array, object };

    static constexpr std::size_t max_depth = 64;

    Json() noexcept = default; ///< null
    Json(std::nullptr_t) noexcept {}
    template <std::same_as<bool> Bool>
    Json(Bool value) noexcept : value_{.boolean = value}, kind_{Kind::boolean} {}
    template <std::signed_integral Signed>
    Json(Signed value) noexcept : value_{.integer = value}, kind_{Kind::integer} {}
    template <std::unsigned_integral Unsigned>
        requires(!std::same_as<Unsigned, bool>)
    Json(Unsigned value)
    noexcept
        : value_{.natural = value}, kind_{std::in_range<std::int64_t>(value) ? Kind::integer : Kind::unsigned_integer} {
    }
    Json(double value) noexcept : value_{.number = value}, kind_{Kind::number} {}
    Json(std::string value);
    Json(std::string_view value) : Json{std::string{value}} {}
    Json(const char* value) : Json{std::string{value}} {}
    Json(const Json& other);
    Json(Json&& other) noexcept : value_{other.value_}, kind_{other.kind_} { other.kind_ = Kind::null; }
    Json& operator=(Json other) noexcept {
        std::swap(value_, other.value_);
        std::swap(kind_, other.kind_);
        return *this;
    }
    ~Json() {
        if (kind_ >= Kind::string) free_value();
    }

    [[nodiscard]] static Json array(std::initializer_list<Json> items = {});
    [[nodiscard]] static Json object(std::initializer_list<std::pair<std::string_view, Json>> members = {});

    /// Reads exactly one JSON value in UTF-8. The status is `syntax_error` and says where.
    /// Of two members with one name the last one counts.
    [[nodiscard]] static Result<Json> parse(std::string_view text);

    /// Writes it on one line without spaces. A double that is whole is written without a
    /// fraction, any other in the fewest digits that read back the same.
    /// What has no JSON form is `syntax_error`: NaN, the infinities, a string that is not
    /// UTF-8, a value deeper than `max_depth`.
    [[nodiscard]] Result<std::string> dump() const;
    /// As `dump`, behind what `text` has already. On failure it holds something that `parse`
    /// refuses.
    Result<void> dump_to(std::string& text) const;
    /// Writes it on many lines, for people, `indent` spaces a level.
    [[nodiscard]] Result<std::string> pretty(int indent = 2) const;

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }
    [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::string; }
    [[nodiscard]] bool is_array() const noexcept { return kind_ == Kind::array; }
    [[nodiscard]] bool is_object() const noexcept { return kind_ == Kind::object; }
    [[nodiscard]] bool is_number() const noexcept { return kind_ >= Kind::integer && kind_ <= Kind::number; }

    // Each asks for the kind it names; asking another kind is a mistake in the program.
    [[nodiscard]] bool as_bool() const noexcept;
    [[nodiscard]] std::int64_t as_integer() const noexcept;   ///< kind `integer`
    [[nodiscard]] std::uint64_t as_unsigned() const noexcept; ///< either integer kind, not negative
    [[nodiscard]] double as_number() const noexcept;          ///< any of the three number kinds
    [[nodiscard]] const std::string& as_string() const noexcept;
    /// Moves the text out and leaves an empty one.
    [[nodiscard]] std::string take_string() noexcept;

    /// Items of an array or members of an object, 0 for anything else.
    [[nodiscard]] std::size_t size() const noexcept;
    /// The item of an array.
    [[nodiscard]] const Json& at(std::size_t index) const noexcept;
    [[nodiscard]] Json& at(std::size_t index) noexcept { return const_cast<Json&>(std::as_const(*this).at(index)); }
    /// The member of an object, or nullptr when it has none of that name or is no object.
    [[nodiscard]] const Json* find(std::string_view name) const noexcept;
    [[nodiscard]] Json* find(std::string_view name) noexcept {
        return const_cast<Json*>(std::as_const(*this).find(name));
    }
    /// The member at a position in an object.
    [[nodiscard]] std::pair<std::string_view, const Json&> member(std::size_t index) const noexcept;
    [[nodiscard]] std::pair<std::string_view, Json&> member(std::size_t index) noexcept;

    /// Appends to an array; null becomes an array first.
    void push_back(Json item);
    /// Adds or replaces a member of an object and returns the object; null becomes one first.
    Json& set(std::string_view name, Json value);

    /// Numbers are equal by value, objects whatever the order of their members.
    friend bool operator==(const Json& a, const Json& b) noexcept;

private:
    struct Array;
    struct Object;
    /// An empty string, array or object is a null pointer: hostile texts are full of them.
    union Value {
        std::int64_t integer;
        std::uint64_t natural;
        double number;
        bool boolean;
        std::string* string;
        Array* array;
        Object* object;
    };

    void free_value() noexcept;

    Value value_{};
    Kind kind_ = Kind::null;
};

} // namespace malla
