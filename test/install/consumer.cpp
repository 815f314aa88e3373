// SPDX-License-Identifier: Apache-2.0
// A program of somebody else's, that knows malla only as it is installed.
#include "malla/base/json.hpp"
#include "malla/base/version.hpp"

#include <iostream>

int main() {
    const auto json = malla::Json::parse(R"({"a":1})");
    if (!json || !json->dump()) return 1;
    std::cout << "malla " << malla::library_version() << ' ' << *json->dump() << '\n';
}
