// SPDX-License-Identifier: Apache-2.0
// A node that hosts a log. It knows nothing of storages.
#include "02_distributed/log_api.hpp"
#include "malla/chain/service.hpp"
#include "malla/node/node.hpp"

#include <iostream>
#include <map>

struct Log : malla::Service<LogApi> {
    static constexpr malla::Version version{1, 0, 0};

    void on(Append, const std::string& source, const std::string& line) { lines_[source].push_back(line); }
    std::vector<std::string> on(Lines, const std::string& source) { return lines_[source]; }

private:
    std::map<std::string, std::vector<std::string>> lines_;
};

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    node.start<Log>();
    return node.run();
} catch (const malla::Error& error) {
    std::cerr << "log: " << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
