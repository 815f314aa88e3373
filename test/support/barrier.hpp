// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace malla::test {

/// Holds whoever passes it until it is opened. Open at first.
class Barrier {
public:
    void close() { open_ = false; }
    void open() {
        open_ = true;
        open_.notify_all();
    }
    void pass() {
        ++inside_;
        open_.wait(false);
        --inside_;
    }
    [[nodiscard]] int inside() const { return inside_; }

private:
    std::atomic<bool> open_ = true;
    std::atomic<int> inside_ = 0;
};

} // namespace malla::test
