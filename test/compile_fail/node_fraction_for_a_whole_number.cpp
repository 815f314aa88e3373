// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: an argument does not convert to the type of its parameter
#include "malla/node/remote.hpp"

#include <cstdint>
#include <string>

struct Put : malla::Callback<"put(name, count)", void(std::string, std::int64_t)> {};
struct StockApi : malla::Api<"Stock", Put> {};

int main() {
    malla::Node node;
    const malla::Remote<StockApi> stock{node};
#ifdef FIXED
    stock.call<Put>("nail", 3);
#else
    stock.call<Put>("nail", 3.5);
#endif
}
