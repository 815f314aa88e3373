// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/call.hpp"

int main() {
    std::string body;
    malla::codec::encode_arguments_binary(body, 2, std::string{"two"});
    const auto read = malla::codec::decode_arguments_binary<int, std::string>(body);
    return read && *read == std::tuple{2, std::string{"two"}} ? 0 : 1;
}
