// SPDX-License-Identifier: Apache-2.0
#include "malla/node/node.hpp"

int main() { return malla::NodeId{}.is_nil() && malla::NodeView{}.services.empty() ? 0 : 1; }
