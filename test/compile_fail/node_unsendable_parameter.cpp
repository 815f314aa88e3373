// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: a parameter type of this callback cannot be sent
// EXPECT: Handle
#include "malla/node/node.hpp"

#include <cstdint>

struct Handle {
    int number = 0;
#ifdef FIXED
    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("number", number));
    }
#endif
};
struct Use : malla::Callback<"use(handle)", int(Handle)> {};
struct UserApi : malla::Api<"User", Use> {};
struct User : malla::Service<UserApi> {
    int on(Use, Handle handle) { return handle.number; }
};

int main() {
    malla::Node node;
    node.start<User>();
}
