// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/codec/field.hpp"
#include "malla/codec/shape.hpp"

#include <cereal/details/helpers.hpp>
#include <cereal/types/base_class.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace malla::codec::detail {

/// Runs the function of `T` that saves: its `serialize`, or its `save`.
template <class Archive, class T>
void visit_saving(Archive& archive, const T& value) {
    if constexpr (MemberSerialize<T, Probe>) cereal::access::member_serialize(archive, const_cast<T&>(value));
    else if constexpr (FreeSerialize<T, Probe>) serialize(archive, const_cast<T&>(value));
    else if constexpr (MemberSplit<T, Probe>) cereal::access::member_save(archive, value);
    else save(archive, value);
}

/// Runs the function of `T` that loads: its `serialize`, or its `load`.
template <class Archive, class T>
void visit_loading(Archive& archive, T& value) {
    if constexpr (MemberSerialize<T, Probe>) cereal::access::member_serialize(archive, value);
    else if constexpr (FreeSerialize<T, Probe>) serialize(archive, value);
    else if constexpr (MemberSplit<T, Probe>) cereal::access::member_load(archive, value);
    else load(archive, value);
}

/// The part of an archive that takes a record's fields apart: `Derived` gets each one in
/// `field(name, value)`, those of a base class among them.
template <class Derived, bool Loading>
class FieldArchive {
public:
    using is_loading = std::bool_constant<Loading>;
    using is_saving = std::bool_constant<!Loading>;

    template <class... Items>
    Derived& operator()(Items&&... items) {
        (item(items), ...);
        return static_cast<Derived&>(*this);
    }

private:
    template <class T>
    void item(Field<T>& field) {
        take(field.name, field.value);
    }
    template <class T>
    void item(cereal::NameValuePair<T>& field) {
        take(field.name, field.value);
    }
    template <class T>
    void item(cereal::base_class<T>& base) {
        if constexpr (Loading) visit_loading(static_cast<Derived&>(*this), *base.base_ptr);
        else visit_saving(static_cast<Derived&>(*this), *base.base_ptr);
    }
    template <class T>
    void item(T&) {
        static_assert(!std::same_as<T, T>, "malla: this member has no name, so it has no form in JSON: write "
                                           "archive(malla::field(\"name\", name)) or archive(CEREAL_NVP(name))");
    }

    template <class T>
    void take(std::string_view name, T& value) {
        if constexpr (require_serialisable<std::remove_const_t<T>>() && Serialisable<std::remove_const_t<T>>)
            static_cast<Derived&>(*this).field(name, value);
    }
};

} // namespace malla::codec::detail
