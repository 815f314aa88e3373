// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a class in a std::variant needs a name for JSON: give it `static constexpr std::string_view type_name
#include "malla/codec/call.hpp"

struct Circle {
    double radius = 0;
#ifdef FIXED
    static constexpr std::string_view type_name = "circle";
#endif
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("radius", radius));
    }
};

int main() { return malla::codec::to_json(std::variant<int, Circle>{}) ? 0 : 1; }
