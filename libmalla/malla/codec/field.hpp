// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace malla {

/// A member together with the name that it has in JSON and in type descriptions.
template <class T>
struct Field {
    const char* name;
    T& value;
};

/// Names a member in a type's `serialize`, which is all that a type needs to be sent:
/// `template <class Archive> void serialize(Archive& archive) { archive(malla::field("x", x), malla::field("y", y)); }`
///
/// Cereal's own `CEREAL_NVP(x)` does the same, and a field is fine for Cereal's own archives.
template <class T>
[[nodiscard]] constexpr Field<T> field(const char* name, T& value) noexcept {
    return {name, value};
}

/// What Cereal's archives do with a field; binary forms have no names.
template <class Archive, class T>
void serialize(Archive& archive, Field<T>& field) {
    archive(field.value);
}

} // namespace malla
