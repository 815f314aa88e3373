// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: this type cannot be sent: give it `template <class Archive> void serialize(Archive& archive)
// EXPECT: Point
#include "malla/codec/call.hpp"

struct Point {
    double x = 0;
#ifdef FIXED
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("x", x));
    }
#endif
};

static_assert(malla::codec::require_serialisable<Point>());

int main() {}
