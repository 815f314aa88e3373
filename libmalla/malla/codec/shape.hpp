// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/codec/field.hpp"

#include <cereal/access.hpp>
#include <cereal/details/helpers.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace malla::codec {

/// What a type is to the codec. All that treats types apart does it by their shape.
enum class Shape {
    none, ///< cannot be sent
    nothing,
    boolean,
    integer,
    real,
    text,
    bytes,
    json,
    enumeration,
    optional,
    variant,
    tuple, ///< also `std::pair`
    fixed, ///< `std::array`
    list,
    set,
    map,
    record, ///< a class with a `serialize` of its own
};

namespace detail {

/// Stands for any archive where it is asked whether a type has a `serialize`.
struct Probe {
    template <class... Items>
    Probe& operator()(Items&&...);
    using is_loading = std::false_type;
    using is_saving = std::true_type;
};

template <class T, class Archive>
concept MemberSerialize = requires(Archive& archive, T& value) {
    cereal::access::member_serialize(archive, value);
};
template <class T, class Archive>
concept FreeSerialize = requires(Archive& archive, T& value) {
    serialize(archive, value);
};
template <class T, class Archive>
concept MemberSplit = requires(Archive& archive, const T& saved, T& loaded) {
    cereal::access::member_save(archive, saved);
    cereal::access::member_load(archive, loaded);
};
template <class T, class Archive>
concept FreeSplit = requires(Archive& archive, const T& saved, T& loaded) {
    save(archive, saved);
    load(archive, loaded);
};

template <class T>
concept Record = std::is_class_v<T> &&
    (MemberSerialize<T, Probe> || FreeSerialize<T, Probe> || MemberSplit<T, Probe> || FreeSplit<T, Probe>);

/// Integers whose size and meaning are the same everywhere; `char` and its kin are neither.
template <class T>
concept WholeNumber =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

template <class T>
inline constexpr bool is_pointer = std::is_pointer_v<T>;
template <class T, class D>
inline constexpr bool is_pointer<std::unique_ptr<T, D>> = true;
template <class T>
inline constexpr bool is_pointer<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_pointer<std::weak_ptr<T>> = true;

template <class T>
consteval Shape simple_shape() {
    if constexpr (std::same_as<T, bool>) return Shape::boolean;
    else if constexpr (WholeNumber<T>) return Shape::integer;
    else if constexpr (std::same_as<T, float> || std::same_as<T, double>) return Shape::real;
    else if constexpr (std::is_enum_v<T>) return Shape::enumeration;
    else if constexpr (Record<T>) return Shape::record;
    else return Shape::none;
}

template <class T>
inline constexpr Shape shape = simple_shape<T>();
template <class T>
inline constexpr Shape shape<Field<T>> = Shape::none;
template <class K, class T>
inline constexpr Shape shape<cereal::MapItem<K, T>> = Shape::none;
template <>
inline constexpr Shape shape<std::monostate> = Shape::nothing;
template <>
inline constexpr Shape shape<std::string> = Shape::text;
template <>
inline constexpr Shape shape<std::vector<std::byte>> = Shape::bytes;
template <>
inline constexpr Shape shape<Json> = Shape::json;
template <class T>
inline constexpr Shape shape<std::optional<T>> = Shape::optional;
template <class... Ts>
inline constexpr Shape shape<std::variant<Ts...>> = Shape::variant;
template <class... Ts>
inline constexpr Shape shape<std::tuple<Ts...>> = Shape::tuple;
template <class A, class B>
inline constexpr Shape shape<std::pair<A, B>> = Shape::tuple;
template <class T, std::size_t Size>
inline constexpr Shape shape<std::array<T, Size>> = Shape::fixed;
template <class T, class A>
inline constexpr Shape shape<std::vector<T, A>> = Shape::list;
template <class T, class C, class A>
inline constexpr Shape shape<std::set<T, C, A>> = Shape::set;
template <class T, class H, class E, class A>
inline constexpr Shape shape<std::unordered_set<T, H, E, A>> = Shape::set;
template <class K, class T, class C, class A>
inline constexpr Shape shape<std::map<K, T, C, A>> = Shape::map;
template <class K, class T, class H, class E, class A>
inline constexpr Shape shape<std::unordered_map<K, T, H, E, A>> = Shape::map;

template <class T>
consteval bool is_serialisable();

/// Whether all that a standard type holds can be sent.
template <class T>
inline constexpr bool holds_serialisable = true;
template <class T>
inline constexpr bool holds_serialisable<std::optional<T>> = is_serialisable<T>() && shape<T> != Shape::optional;
template <class... Ts>
inline constexpr bool holds_serialisable<std::variant<Ts...>> = (is_serialisable<Ts>() && ...);
template <class... Ts>
inline constexpr bool holds_serialisable<std::tuple<Ts...>> = (is_serialisable<Ts>() && ...);
template <class A, class B>
inline constexpr bool holds_serialisable<std::pair<A, B>> = is_serialisable<A>() && is_serialisable<B>();

template <class T>
consteval bool is_serialisable() {
    constexpr Shape kind = shape<T>;
    if constexpr (kind == Shape::none || !std::is_default_constructible_v<T>) return false;
    else if constexpr (kind == Shape::map)
        return is_serialisable<typename T::key_type>() && is_serialisable<typename T::mapped_type>();
    else if constexpr (kind == Shape::list || kind == Shape::set || kind == Shape::fixed)
        return is_serialisable<typename T::value_type>();
    else return holds_serialisable<T>;
}

} // namespace detail

/// A type whose values can be sent: whole and floating numbers, bool, enumerations, `std::string`,
/// `std::vector<std::byte>` as bytes, `Json`, of the standard's vector, array, set, map (the last
/// two also unordered), optional, variant, tuple, pair, and every class with a `serialize` that
/// names its members with `malla::field`. No pointers, no views, no inheritance at run time.
template <class T>
concept Serialisable = detail::is_serialisable<T>();

/// Stops the compiler with the reason when `T` cannot be sent.
template <class T>
consteval bool require_serialisable() {
    constexpr bool points = detail::is_pointer<T> || std::is_reference_v<T>;
    constexpr bool is_made = points || std::is_default_constructible_v<T>;
    static_assert(!points, "malla: a pointer or a reference cannot be sent: send the value itself");
    static_assert(is_made, "malla: a type that is sent needs a default constructor to read into");
    static_assert(
        Serialisable<T> || points || !is_made,
        "malla: this type cannot be sent: give it `template <class Archive> void serialize(Archive& archive) "
        "{ archive(malla::field(\"name\", name)); }` with one field for each member, and send std::string for "
        "text, std::vector<std::byte> for bytes, no pointers and no views");
    return true;
}

} // namespace malla::codec
