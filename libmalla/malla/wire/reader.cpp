// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/reader.hpp"

#include <string>

namespace malla::wire {

namespace {

std::string label(Type type) {
    const std::string_view name = name_of(type);
    if (!name.empty()) return std::string{name};
    return "type " + std::to_string(static_cast<int>(type));
}

} // namespace

std::optional<Status> foreign_fault(std::string_view frame) {
    const auto got = peek_version(frame);
    if (!got) return Status{"bad_request", "this is no frame of Malla"};
    if (*got >= min_version && *got <= version) return std::nullopt;
    return Status{"version_unsupported", "this frame has version " + std::to_string(int{*got}) + ", supported are " +
                                             std::to_string(int{min_version}) + " to " + std::to_string(int{version})};
}

std::string illegal_text(std::string_view text, std::string_view what, std::size_t max, bool printable) {
    const std::string subject = "the " + std::string{what};
    if (text.size() > max)
        return subject + " is " + std::to_string(text.size()) + " bytes, at most " + std::to_string(max);
    return subject + (printable ? " is not printable UTF-8" : " is not UTF-8");
}

void Reader::open(std::string_view frame) {
    fault_ = foreign_fault(frame);
    if (fault_) return;
    const auto type = static_cast<Type>(static_cast<std::uint8_t>(frame[3]));
    if (type != type_) return fail("this frame is " + label(type));
    const std::size_t header = load<std::uint32_t>(frame.data() + 4);
    frame.remove_prefix(preamble_bytes);
    if (header > max_header_bytes)
        return fail("the header is " + std::to_string(header) + " bytes, at most " + std::to_string(max_header_bytes));
    if (header > frame.size())
        return fail("the header is " + std::to_string(header) + " bytes, and " + std::to_string(frame.size()) +
                    " are there");
    rest_ = frame.substr(0, header);
    body_ = frame.substr(header);
}

void Reader::fail(std::string_view info) {
    rest_ = {};
    if (!ok()) return;
    fault_.emplace("bad_request");
    fault_->set_info(label(type_) + ": " + std::string{info});
}

std::string_view Reader::too_short(std::size_t count) {
    fail("it ends " + std::to_string(count - rest_.size()) + " bytes too early");
    return {};
}

NodeId Reader::node() {
    const NodeId node = id();
    if (node.is_nil()) fail("the node id is nil");
    return node;
}

std::string_view Reader::name(std::string_view what, std::size_t max) {
    const std::size_t length = number<std::uint8_t>();
    return checked(take(length), what, max);
}

std::string_view Reader::given_name(std::string_view what) {
    const std::string_view text = name(what);
    if (text.empty()) [[unlikely]]
        fail("the " + std::string{what} + " is empty");
    return text;
}

std::string_view Reader::text(std::string_view what, std::size_t max) {
    const std::size_t length = number<std::uint16_t>();
    return checked(take(length), what, max, false);
}

std::optional<Reader::Field> Reader::field() {
    if (rest_.empty()) return std::nullopt;
    Field field;
    field.tag = number<std::uint8_t>();
    const std::size_t length = number<std::uint32_t>();
    field.value = take(length);
    if (!ok()) return std::nullopt;
    return field;
}

} // namespace malla::wire
