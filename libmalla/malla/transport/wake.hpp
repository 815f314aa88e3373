// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace malla::transport {

/// Ends another thread's ::poll: `fd()` is readable from `wake` until `drain`. Any thread.
/// Building one throws `std::system_error` when the process has no file descriptor left.
class Wake {
public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    void wake() noexcept;
    void drain() noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

} // namespace malla::transport
