// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/fields.hpp"

#include "malla/wire/text.hpp"

#include <algorithm>

namespace malla::wire {

namespace {

constexpr std::uint8_t status_data_tag = 1;
constexpr std::uint8_t status_metadata_tag = 2;

void write_fields(Writer& out, std::uint8_t tag, const Status::Fields& fields) {
    PairLimit limit;
    for (const auto& [key, text] : fields) {
        const std::string legal = as_utf8(text);
        const std::string_view value = cut(legal, max_value_bytes);
        if (!limit.add(key, value)) out.pair(tag, key, value);
    }
}

} // namespace

std::optional<std::string> PairLimit::add(std::string_view key, std::string_view value) {
    if (count_ == max_pairs) return "more than " + std::to_string(max_pairs) + " pairs";
    if (key.empty()) return "a key is empty";
    if (auto fault = text_fault(key, "key", max_key_bytes)) return fault;
    if (auto fault = text_fault(value, "value", max_value_bytes, false)) return fault;
    if (bytes_ + key.size() + value.size() > max_pairs_bytes)
        return "the pairs are more than " + std::to_string(max_pairs_bytes) + " bytes";
    ++count_;
    bytes_ += key.size() + value.size();
    return std::nullopt;
}

PairView read_pair(Reader& in, const Reader::Field& field, PairLimit& limit) {
    Reader inner{field, in};
    const std::string_view key = inner.take(inner.number<std::uint8_t>());
    const std::string_view value = inner.rest();
    if (inner.ok())
        if (const auto fault = limit.add(key, value)) inner.fail(*fault);
    in.adopt(std::move(inner));
    return {key, value};
}

void write_status(Writer& out, const Status& status) {
    out.number(static_cast<std::uint16_t>(std::clamp(status.code(), 0, 0xFFFF)));
    out.number(static_cast<std::uint8_t>(status.outcome()));
    out.name(is_printable(status.id()) && !status.id().empty() ? status.id() : "unknown_status");
    out.text(cut(as_utf8(status.info()), max_info_bytes));
    write_fields(out, status_data_tag, status.data());
    write_fields(out, status_metadata_tag, status.metadata());
}

Status read_status(Reader& in) {
    const auto code = in.number<std::uint16_t>();
    const auto outcome = in.number<std::uint8_t>();
    Status status{in.given_name("status identifier")};
    status.set_code(code);
    status.set_outcome(outcome < 2 ? static_cast<Outcome>(outcome) : Outcome::unknown);
    status.set_info(std::string{in.text("status text", max_info_bytes)});
    PairLimit data;
    PairLimit metadata;
    while (const auto field = in.field()) {
        if (field->tag == status_data_tag) {
            const auto [key, value] = read_pair(in, *field, data);
            status.set_data(std::string{key}, std::string{value});
        } else if (field->tag == status_metadata_tag) {
            const auto [key, value] = read_pair(in, *field, metadata);
            status.set_metadata(std::string{key}, std::string{value});
        }
    }
    return status;
}

Content read_content(Reader& in) {
    const auto content = in.number<std::uint8_t>();
    if (content > static_cast<std::uint8_t>(Content::json))
        in.fail("the content type " + std::to_string(int{content}) + " is unknown");
    return static_cast<Content>(content);
}

} // namespace malla::wire
