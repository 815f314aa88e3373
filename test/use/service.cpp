// SPDX-License-Identifier: Apache-2.0
#include "malla/service/context.hpp"
#include "malla/service/gate.hpp"

int main() {
    malla::Gate gate;
    return gate.try_enter() && !gate.try_enter() && malla::current_call() == nullptr ? 0 : 1;
}
