// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/writer.hpp"

#include "malla/wire/text.hpp"

namespace malla::wire {

Writer::Writer(std::string& out, Type type) : out_{out}, begin_{out.size()} {
    const char preamble[preamble_bytes] = {'M', 'L', static_cast<char>(version), static_cast<char>(type)};
    out_.append(preamble, sizeof preamble);
}

void Writer::name(std::string_view text, std::size_t max) {
    const std::string_view fitting = cut(text, max);
    number(static_cast<std::uint8_t>(fitting.size()));
    bytes(fitting);
}

void Writer::text(std::string_view text) {
    number(static_cast<std::uint16_t>(text.size()));
    bytes(text);
}

void Writer::field(std::uint8_t tag, std::string_view value) {
    number(tag);
    number(static_cast<std::uint32_t>(value.size()));
    bytes(value);
}

void Writer::field_unless_empty(std::uint8_t tag, std::string_view value) {
    if (!value.empty()) field(tag, value);
}

void Writer::pair(std::uint8_t tag, std::string_view key, std::string_view value) {
    number(tag);
    number(static_cast<std::uint32_t>(1 + key.size() + value.size()));
    number(static_cast<std::uint8_t>(key.size()));
    bytes(key);
    bytes(value);
}

std::size_t Writer::begin_field(std::uint8_t tag) {
    field(tag, {});
    return out_.size();
}

void Writer::end_field(std::size_t begin) noexcept {
    store(out_.data() + begin - sizeof(std::uint32_t), static_cast<std::uint32_t>(out_.size() - begin));
}

void Writer::end_header() noexcept {
    const std::size_t header = out_.size() - begin_ - preamble_bytes;
    store(out_.data() + begin_ + preamble_bytes - sizeof(std::uint32_t), static_cast<std::uint32_t>(header));
}

} // namespace malla::wire
