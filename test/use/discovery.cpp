// SPDX-License-Identifier: Apache-2.0
#include "malla/discovery/directory.hpp"

int main() {
    malla::discovery::Directory directory;
    malla::wire::NodeRecord record;
    record.id = malla::NodeId::random();
    record.sequence = 1;
    const auto applied = directory.apply(record, malla::Clock::now());
    return applied == malla::discovery::Applied::added && directory.size() == 1 ? 0 : 1;
}
