// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/place.hpp"

namespace malla::codec {

namespace {

constexpr std::size_t max_excerpt_bytes = 40;

std::string_view first_name(std::string_view place) { return place.substr(0, place.find_first_of(".[")); }

} // namespace

std::string Place::text() const {
    std::string text = parent_ == nullptr ? std::string{} : parent_->text();
    if (is_index_) return text.append("[").append(std::to_string(index_)).append("]");
    if (!text.empty() && !name_.empty()) text += '.';
    return text.append(name_);
}

std::string Place::pointer() const {
    if (parent_ == nullptr) return {};
    return parent_->pointer().append("/").append(is_index_ ? std::to_string(index_) : std::string{name_});
}

void Place::charge(std::size_t count, std::size_t each) const {
    if (each != 0 && count > budget_bytes_ / each) refuse("its elements take too much memory for a text of this size");
    budget_bytes_ -= count * each;
}

void Place::refuse(std::string_view reason) const {
    const std::string place = text();
    Status status{"parameter_invalid", first_name(place)};
    status.set_info(place.empty() ? std::string{reason} : place + ": " + std::string{reason});
    throw Refused{std::move(status)};
}

void Place::expected(std::string_view what, const Json& got) const {
    refuse("expected " + std::string{what} + ", got " + excerpt(got));
}

void Place::refuse_member(std::string_view status, std::string_view name) const {
    throw Refused{Status{status, Place{*this, name}.text()}};
}

std::string excerpt(const Json& value) {
    std::string text;
    (void)value.dump_to(text);
    if (text.size() <= max_excerpt_bytes) return text;
    std::size_t end = max_excerpt_bytes;
    while ((static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    text.resize(end);
    return text + "...";
}

} // namespace malla::codec
