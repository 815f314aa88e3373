// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace malla::cli {

/// Whether a descriptor's reader went away (of a pipe, a socket or a terminal). Does not wait.
[[nodiscard]] bool is_reader_gone(int descriptor) noexcept;

/// Writes all of it, waiting as long as it takes; where `stop` is not -1 and readable, it does not wait.
/// 0, or the number of the error: EPIPE when the reader went away, ECANCELED when stopped.
[[nodiscard]] int write_all(int descriptor, std::string_view text, int stop = -1) noexcept;

/// Gathers lines and writes them together. SIGPIPE has to be ignored.
class LineWriter {
public:
    explicit LineWriter(int descriptor, int stop = -1) noexcept : descriptor_{descriptor}, stop_{stop} {}

    /// Keeps it until `flush`, or until much has come together. After an error it is dropped.
    void append(std::string_view text);
    /// Writes what was kept, waiting as long as it takes.
    void flush();

    /// 0, or the number of the first error, as `write_all` has them.
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    static constexpr std::size_t enough_bytes = 64UL << 10U;

    int descriptor_;
    int stop_;
    int error_ = 0;
    std::string kept_;
};

} // namespace malla::cli
