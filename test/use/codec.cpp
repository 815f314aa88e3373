// SPDX-License-Identifier: Apache-2.0
#include "malla/codec/call.hpp"

int main() {
    std::string body;
    malla::codec::encode_arguments_binary(body, 2.5, std::string{"text"});
    return malla::codec::decode_arguments_binary<double, std::string>(body) ? 0 : 1;
}
