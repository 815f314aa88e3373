// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"

#include <exception>
#include <utility>

namespace malla {

/// What the outermost `call` throws instead of returning a status.
class Error : public std::exception {
public:
    explicit Error(Status status) : status_{std::move(status)}, text_{status_.text()} {}

    [[nodiscard]] const Status& status() const noexcept { return status_; }
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

private:
    Status status_;
    std::string text_;
};

/// The value of `result`; throws `Error` when it has none.
template <class T>
T value_or_throw(Result<T>&& result) {
    if (!result) throw Error{std::move(result).error()};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

} // namespace malla
