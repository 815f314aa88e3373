// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: this member has no name, so it has no form in JSON: write archive(malla::field(
#include "malla/codec/call.hpp"

struct Point {
    double x = 0;
    template <class Archive>
    void serialize(Archive& archive) {
#ifdef FIXED
        archive(malla::field("x", x));
#else
        archive(x);
#endif
    }
};

int main() { return malla::codec::to_json(Point{}) ? 0 : 1; }
