// SPDX-License-Identifier: Apache-2.0
//   chain_call chain|hand LINKS CALLS
#include "chain_call.hpp"

#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const bool chain = std::strcmp(argv[1], "chain") == 0;
    (chain ? run_chain : run_by_hand)(std::atoi(argv[2]), std::atoi(argv[3]));
    return output == 0 ? 1 : 0;
}
