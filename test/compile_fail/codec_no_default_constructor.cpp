// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a type that is sent needs a default constructor to read into
#include "malla/codec/call.hpp"

struct Point {
#ifdef FIXED
    Point() = default;
#endif
    explicit Point(double at) : x{at} {}
    double x = 0;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("x", x));
    }
};

static_assert(malla::codec::require_serialisable<Point>());

int main() {}
