// SPDX-License-Identifier: Apache-2.0
#include "malla/wire/message.hpp"

int main() {
    const auto read = malla::wire::decode(malla::wire::encode(malla::wire::Ping{}));
    return read && std::holds_alternative<malla::wire::Ping>(*read) ? 0 : 1;
}
