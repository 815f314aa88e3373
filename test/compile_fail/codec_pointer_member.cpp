// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a pointer or a reference cannot be sent: send the value itself
#include "malla/codec/call.hpp"

#include <memory>

struct Node {
#ifdef FIXED
    std::vector<Node> next;
#else
    std::shared_ptr<Node> next;
#endif
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("next", next));
    }
};

int main() { return malla::codec::to_json(Node{}) ? 0 : 1; }
