// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

namespace malla::codec {

/// What reading throws inside the codec, and never lets out.
class Malformed : public std::exception {
public:
    explicit Malformed(std::string reason) : reason_{std::move(reason)} {}

    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] const char* what() const noexcept override { return reason_.c_str(); }

private:
    std::string reason_;
};

/// The bytes of a body and how far they are read. What a stranger sent is checked here before
/// memory is taken: a count against the bytes that are left, and all memory together against
/// `memory_factor` times the body and `memory_base_bytes` more.
class BinarySource {
public:
    static constexpr std::size_t max_depth = 64;
    static constexpr std::size_t memory_factor = 32;
    static constexpr std::size_t memory_base_bytes = 64 * 1024;

    explicit BinarySource(std::string_view body) noexcept
        : body_{body}, budget_{memory_factor * body.size() + memory_base_bytes} {}

    [[nodiscard]] std::size_t left() const noexcept { return body_.size() - at_; }

    /// The next `size` bytes; they live as long as the body.
    [[nodiscard]] std::string_view take(std::size_t size) {
        if (size > left()) fail_missing(size);
        const std::string_view bytes{body_.data() + at_, size};
        at_ += size;
        return bytes;
    }

    template <class T>
    [[nodiscard]] T take_number() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }

    /// Reads a count of elements, each of which is encoded in at least `least_bytes` and takes
    /// `memory_bytes` once decoded.
    [[nodiscard]] std::size_t take_count(std::size_t least_bytes, std::size_t memory_bytes) {
        const auto count = take_number<std::uint64_t>();
        if (least_bytes != 0 && count > left() / least_bytes) fail_count(count);
        if (memory_bytes != 0 && count > budget_ / memory_bytes) fail_memory(count);
        budget_ -= count * memory_bytes;
        return count;
    }

    void enter() {
        if (++depth_ > max_depth) fail("it is deeper than 64 levels");
    }
    void leave() noexcept { --depth_; }

    /// All of the body must have been read.
    void finish() const {
        if (left() != 0) fail(std::to_string(left()) + " bytes too many");
    }

    [[noreturn]] void fail(std::string_view reason) const;

private:
    [[noreturn]] void fail_missing(std::size_t size) const;
    [[noreturn]] void fail_count(std::uint64_t count) const;
    [[noreturn]] void fail_memory(std::uint64_t count) const;

    std::string_view body_;
    std::size_t at_ = 0;
    std::size_t budget_;
    std::size_t depth_ = 0;
};

} // namespace malla::codec
