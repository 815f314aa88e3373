// SPDX-License-Identifier: Apache-2.0
#include "malla/transport/endpoint.hpp"
#include "malla/transport/socket.hpp"

int main() { return malla::transport::is_loopback("tcp://127.0.0.1:5555") ? 0 : 1; }
