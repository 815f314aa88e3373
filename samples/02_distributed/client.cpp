// SPDX-License-Identifier: Apache-2.0
// A node that calls the storages, wherever they are: what is typed, and what they answer.
#include "02_distributed/show.hpp"
#include "02_distributed/storage_api.hpp"
#include "malla/node/remote.hpp"

#include <iostream>
#include <set>
#include <sstream>

using namespace std::chrono_literals;

/// Says which storages come and go.
struct Arrivals {
    std::set<malla::NodeId> here;

    void operator()(const malla::MeshChange& change) {
        if (change.service != StorageApi::name()) return;
        const bool runs = !change.gone && change.status == malla::RunningStatus::running;
        if (runs && here.insert(change.node).second) say("* " + change.node_name + " is here");
        if (change.gone && here.erase(change.node) > 0) say("* " + change.node_name + " is gone");
    }
};

/// A write goes to every storage, a read to any.
std::string answer(malla::Remote<StorageApi>& storage, const std::string& line) {
    std::istringstream words{line};
    std::string command;
    std::string key;
    words >> command >> key;
    if (command == "put") return text(storage.call_all<Put>(key, read_item(words)));
    if (command == "get") return text(storage.try_call<Get>(key));
    if (command == "list") return text(storage.try_call<List>());
    if (command == "remove") return text(storage.call_all<Remove>(key));
    return "write: put KEY TEXT... #TAG..., get KEY, list, or remove KEY";
}

int main(int argc, char** argv) try {
    malla::NodeOptions options = malla::options(argc, argv);
    options.hosts = false;
    malla::Node node{options};
    malla::Remote<StorageApi> storage{node};
    const auto watch = node.watch(Arrivals{});
    malla::value_or_throw(node.wait_for(StorageApi::name(), malla::Deadline::in(1min)));
    for (std::string line; read_line(line);) say(answer(storage, line));
} catch (const malla::Error& error) {
    std::cerr << "client: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
