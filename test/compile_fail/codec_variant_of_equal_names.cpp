// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: two alternatives of a std::variant have the same name in JSON
#include "malla/codec/call.hpp"

#ifdef FIXED
using Second = std::string;
#else
using Second = std::vector<double>;
#endif

int main() { return malla::codec::to_json(std::variant<std::vector<int>, Second>{}) ? 0 : 1; }
