// SPDX-License-Identifier: Apache-2.0
#include "malla/base/deadline.hpp"
#include "malla/base/json.hpp"

int main() {
    const auto json = malla::Json::parse(R"({"limit": "200ms"})");
    if (!json || !json->find("limit")) return 1;
    return malla::parse_duration(json->find("limit")->as_string()) == std::chrono::milliseconds{200} ? 0 : 1;
}
