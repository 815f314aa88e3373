// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <set>
#include <vector>

namespace malla {

struct Json::Array {
    std::vector<Json> items;
};

/// Members in the order of their coming. Few are searched one by one; of many there is a sorted
/// index, so that no choice of names, however hostile, makes an object slow.
struct Json::Object {
    struct Member {
        std::string name;
        Json value;
    };

    struct ByName {
        using is_transparent = void;
        const std::vector<Member>* members;

        std::string_view name(std::size_t position) const noexcept { return (*members)[position].name; }
        static std::string_view name(std::string_view text) noexcept { return text; }
        bool operator()(const auto& a, const auto& b) const noexcept { return name(a) < name(b); }
    };
    using Index = std::set<std::size_t, ByName>;

    static constexpr std::size_t max_unindexed = 16;

    std::vector<Member> members;
    std::unique_ptr<Index> index;

    Object() = default;
    Object(const Object& other) : members{other.members} {
        if (other.index) build_index();
    }

    Member* find(std::string_view name) noexcept {
        if (index) {
            const auto found = index->find(name);
            return found == index->end() ? nullptr : &members[*found];
        }
        const auto found = std::ranges::find(members, name, &Member::name);
        return found == members.end() ? nullptr : &*found;
    }

    void set(std::string_view name, Json value) {
        if (Member* const member = find(name)) {
            member->value = std::move(value);
            return;
        }
        members.push_back({std::string{name}, std::move(value)});
        if (index) index->insert(members.size() - 1);
        else if (members.size() > max_unindexed) build_index();
    }

private:
    void build_index() {
        index = std::make_unique<Index>(ByName{&members});
        for (std::size_t i = 0; i < members.size(); ++i) index->insert(i);
    }
};

namespace {

const std::string no_text;

/// What is whole and in the range of 64-bit integers compares with them exactly.
bool is_same(double number, auto integer) noexcept {
    using Integer = decltype(integer);
    constexpr double limit = std::same_as<Integer, std::int64_t> ? 0x1p63 : 0x1p64;
    if (!(number >= (std::same_as<Integer, std::int64_t> ? -0x1p63 : 0.0) && number < limit)) return false;
    const auto whole = static_cast<Integer>(number);
    return whole == integer && static_cast<double>(whole) == number;
}

bool is_same_number(const Json& a, const Json& b) noexcept {
    using enum Json::Kind;
    if (a.kind() == number && b.kind() == number) return a.as_number() == b.as_number();
    if (b.kind() == number) return is_same_number(b, a);
    if (a.kind() == number)
        return b.kind() == integer ? is_same(a.as_number(), b.as_integer()) : is_same(a.as_number(), b.as_unsigned());
    if (a.kind() != b.kind()) return false;
    return a.kind() == integer ? a.as_integer() == b.as_integer() : a.as_unsigned() == b.as_unsigned();
}

} // namespace

Json::Json(std::string value) : kind_{Kind::string} {
    value_.string = value.empty() ? nullptr : new std::string{std::move(value)};
}

Json::Json(const Json& other) : value_{other.value_}, kind_{other.kind_} {
    if (kind_ < Kind::string || value_.string == nullptr) return;
    if (kind_ == Kind::string) value_.string = new std::string{*other.value_.string};
    else if (kind_ == Kind::array) value_.array = new Array{*other.value_.array};
    else value_.object = new Object{*other.value_.object};
}

void Json::free_value() noexcept {
    if (kind_ == Kind::string) delete value_.string;
    else if (kind_ == Kind::array) delete value_.array;
    else delete value_.object;
}

Json Json::array(std::initializer_list<Json> items) {
    Json made;
    made.value_.array = items.size() == 0 ? nullptr : new Array{items};
    made.kind_ = Kind::array;
    return made;
}

Json Json::object(std::initializer_list<std::pair<std::string_view, Json>> members) {
    Json made;
    made.value_.object = nullptr;
    made.kind_ = Kind::object;
    for (const auto& [name, value] : members) made.set(name, value);
    return made;
}

bool Json::as_bool() const noexcept { return assert(kind_ == Kind::boolean), value_.boolean; }

std::int64_t Json::as_integer() const noexcept { return assert(kind_ == Kind::integer), value_.integer; }

std::uint64_t Json::as_unsigned() const noexcept {
    assert(kind_ == Kind::unsigned_integer || (kind_ == Kind::integer && value_.integer >= 0));
    return value_.natural;
}

double Json::as_number() const noexcept {
    assert(is_number());
    if (kind_ == Kind::integer) return static_cast<double>(value_.integer);
    if (kind_ == Kind::unsigned_integer) return static_cast<double>(value_.natural);
    return value_.number;
}

const std::string& Json::as_string() const noexcept {
    assert(is_string());
    return value_.string == nullptr ? no_text : *value_.string;
}

std::string Json::take_string() noexcept {
    assert(is_string());
    return value_.string == nullptr ? std::string{} : std::move(*value_.string);
}

std::size_t Json::size() const noexcept {
    if (is_array() && value_.array != nullptr) return value_.array->items.size();
    if (is_object() && value_.object != nullptr) return value_.object->members.size();
    return 0;
}

const Json& Json::at(std::size_t index) const noexcept {
    assert(is_array() && index < size());
    return value_.array->items[index];
}

const Json* Json::find(std::string_view name) const noexcept {
    if (!is_object() || value_.object == nullptr) return nullptr;
    const Object::Member* const member = value_.object->find(name);
    return member == nullptr ? nullptr : &member->value;
}

std::pair<std::string_view, const Json&> Json::member(std::size_t index) const noexcept {
    assert(is_object() && index < size());
    const Object::Member& member = value_.object->members[index];
    return {member.name, member.value};
}

std::pair<std::string_view, Json&> Json::member(std::size_t index) noexcept {
    const auto [name, value] = std::as_const(*this).member(index);
    return {name, const_cast<Json&>(value)};
}

void Json::push_back(Json item) {
    if (is_null()) *this = array();
    assert(is_array());
    if (value_.array == nullptr) value_.array = new Array;
    value_.array->items.push_back(std::move(item));
}

Json& Json::set(std::string_view name, Json value) {
    if (is_null()) *this = object();
    assert(is_object());
    if (value_.object == nullptr) value_.object = new Object;
    value_.object->set(name, std::move(value));
    return *this;
}

bool operator==(const Json& a, const Json& b) noexcept {
    if (a.is_number() && b.is_number()) return is_same_number(a, b);
    if (a.kind_ != b.kind_ || a.size() != b.size()) return false;
    if (a.kind_ == Json::Kind::boolean) return a.as_bool() == b.as_bool();
    if (a.is_string()) return a.as_string() == b.as_string();
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Json* const other = a.is_array() ? &b.at(i) : b.find(a.member(i).first);
        if (other == nullptr || !((a.is_array() ? a.at(i) : a.member(i).second) == *other)) return false;
    }
    return true;
}

} // namespace malla
