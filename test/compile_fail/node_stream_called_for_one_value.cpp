// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: this callback gives a stream: write stream<C>(arguments...)
#include "malla/node/remote.hpp"

struct Lines : malla::Callback<"lines()", malla::Stream<int>()> {};
struct FileApi : malla::Api<"File", Lines> {};

int main() {
    malla::Node node;
    malla::Remote<FileApi> file{node};
#ifdef FIXED
    auto lines = file.stream<Lines>();
#else
    auto lines = file.call<Lines>();
#endif
}
