// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/json.hpp"
#include "malla/codec/binary_source.hpp"
#include "malla/codec/element_cost.hpp"
#include "malla/codec/enum_names.hpp"
#include "malla/codec/field.hpp"
#include "malla/codec/shape.hpp"

#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/common.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace malla::codec {

static_assert(std::endian::native == std::endian::little,
              "malla: the binary form is written for little-endian machines");

// The binary form is that of Cereal's portable binary archive without its first byte: numbers are
// little-endian, a bool is 0 or 1, a count is 64 bits wide, there are no names and no padding.

namespace detail {

/// Numbers, bool and enumerations: what is its own encoding.
template <class T>
concept Scalar = shape<T>
== Shape::boolean || shape<T> == Shape::integer || shape<T> == Shape::real || shape<T> == Shape::enumeration;
/// What is read and written without one of Cereal's archives, whose construction takes longer.
template <class T>
concept Direct = Scalar<T> || shape<T>
== Shape::text || shape<T> == Shape::bytes || shape<T> == Shape::json;

template <Scalar T>
void write(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void write_sized(std::string& out, std::string_view bytes);
inline void write(std::string& out, const std::string& text) { write_sized(out, text); }
inline void write(std::string& out, const std::vector<std::byte>& bytes) {
    write_sized(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
void write(std::string& out, const Json& json);

template <Scalar T>
void read(BinarySource& in, T& value) {
    if constexpr (shape<T> == Shape::boolean) {
        const auto byte = in.take_number<std::uint8_t>();
        if (byte > 1) in.fail("a bool is 0 or 1");
        value = byte == 1;
    } else {
        value = in.take_number<T>();
        if constexpr (NamedEnum<T>)
            if (name_of(value).empty()) in.fail("an enumeration has no such value");
    }
}
inline void read(BinarySource& in, std::string& text) { text = in.take(in.take_count(1, 1)); }
void read(BinarySource& in, std::vector<std::byte>& bytes);
void read(BinarySource& in, Json& json);

} // namespace detail

/// Writes values of any serialisable type behind the end of a string.
class OutputArchive : public cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision> {
public:
    explicit OutputArchive(std::string& out)
        : cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>{this}, out_{out} {}

    [[nodiscard]] std::string& out() noexcept { return out_; }

private:
    std::string& out_;
};

/// Reads what `OutputArchive` wrote, from anybody. Throws `Malformed`, after which what was read
/// is of no use.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision> {
public:
    explicit InputArchive(BinarySource& in)
        : cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>{this}, in_{in} {}

    [[nodiscard]] BinarySource& in() noexcept { return in_; }

    /// What the elements cost whose count comes next.
    detail::ElementCost element{1, detail::node_bytes};

private:
    BinarySource& in_;
};

// The hooks that Cereal finds by the archive's namespace.

template <class T>
void prologue(InputArchive& archive, const T&) {
    constexpr Shape kind = detail::shape<T>;
    static_assert(!detail::is_pointer<T>, "malla: a pointer cannot be sent: send the value itself");
    if constexpr (kind >= Shape::variant) archive.in().enter();
    if constexpr (kind >= Shape::list) archive.element = detail::element_cost<T>();
}

template <class T>
void epilogue(InputArchive& archive, const T& value) {
    if constexpr (detail::shape<T> >= Shape::variant) archive.in().leave();
    if constexpr (NamedEnum<T>)
        if (name_of(value).empty()) archive.in().fail("an enumeration has no such value");
}

template <detail::Scalar T>
    requires(!std::is_enum_v<T>)
void save(OutputArchive& archive, const T& value) { detail::write(archive.out(), value); }
template <detail::Scalar T>
    requires(!std::is_enum_v<T>)
void load(InputArchive& archive, T& value) { detail::read(archive.in(), value); }

inline void save(OutputArchive& archive, const std::string& value) { detail::write(archive.out(), value); }
inline void load(InputArchive& archive, std::string& value) { detail::read(archive.in(), value); }
inline void save(OutputArchive& archive, const std::vector<std::byte>& value) { detail::write(archive.out(), value); }
inline void load(InputArchive& archive, std::vector<std::byte>& value) { detail::read(archive.in(), value); }
inline void save(OutputArchive& archive, const Json& value) { detail::write(archive.out(), value); }
inline void load(InputArchive& archive, Json& value) { detail::read(archive.in(), value); }

template <class T>
void save(OutputArchive& archive, const cereal::BinaryData<T>& data) {
    archive.out().append(static_cast<const char*>(data.data), data.size);
}
template <class T>
void load(InputArchive& archive, cereal::BinaryData<T>& data) {
    const auto bytes = archive.in().take(data.size);
    if (!bytes.empty()) std::memcpy(data.data, bytes.data(), bytes.size());
}

template <class T>
void serialize(OutputArchive& archive, cereal::NameValuePair<T>& field) {
    archive(field.value);
}
template <class T>
void serialize(InputArchive& archive, cereal::NameValuePair<T>& field) {
    archive(field.value);
}

template <class T>
void serialize(OutputArchive& archive, cereal::SizeTag<T>& tag) {
    detail::write(archive.out(), static_cast<std::uint64_t>(tag.size));
}
template <class T>
void serialize(InputArchive& archive, cereal::SizeTag<T>& tag) {
    tag.size = archive.in().take_count(archive.element.least_bytes, archive.element.memory_bytes);
}

/// Writes `value` behind the end of `out`.
template <Serialisable T>
void encode_binary(std::string& out, const T& value) {
    if constexpr (detail::Direct<T>) {
        detail::write(out, value);
    } else {
        OutputArchive archive{out};
        archive(value);
    }
}

/// Reads one value from where `in` is. Throws `Malformed`, or what the type's own `load` throws.
template <Serialisable T>
void decode_binary(BinarySource& in, T& value) {
    if constexpr (detail::Direct<T>) {
        detail::read(in, value);
    } else {
        InputArchive archive{in};
        archive(value);
    }
}

} // namespace malla::codec

CEREAL_SETUP_ARCHIVE_TRAITS(malla::codec::InputArchive, malla::codec::OutputArchive)
