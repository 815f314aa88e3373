// SPDX-License-Identifier: Apache-2.0
// EXPECT: malla: this is no range of versions
#include "malla/base/version_range.hpp"

#ifdef FIXED
constexpr malla::VersionRange range = ">=1.2 <2";
#else
constexpr malla::VersionRange range = "=>1.2";
#endif

int main() { return range.contains({1, 4, 0}) ? 0 : 1; }
