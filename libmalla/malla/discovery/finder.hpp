// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/ids.hpp"
#include "malla/base/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace malla::discovery {

/// One way to learn where other nodes are, such as DNS, multicast or a registry. Works on a thread of
/// its own between `start` and `stop`; each is called once at most, and it is not destroyed in between.
class Finder {
public:
    /// The node that it works for.
    struct Host {
        std::string cluster;
        NodeId node;
        /// Where others reach the node; empty for one that hosts nothing, which nobody needs to find.
        std::vector<std::string> endpoints;
        /// These are the endpoints that it knows of now, all of them: what is missing is no longer named.
        /// Numeric addresses; an order is not needed, and the node's own may be among them. Any thread.
        std::function<void(std::vector<std::string>)> found;
        /// It cannot tell now, and what it found before still counts. It goes on trying. Any thread.
        std::function<void(const Status&)> failed;
    };

    virtual ~Finder() = default;

    /// Begins to look, and to tell others of the node where the kind does that. Does not wait.
    virtual void start(Host host) = 0;
    /// Withdraws what it told of the node, and ends its threads. Afterwards it calls nothing of `host`.
    /// What has to be waited for is given up at `deadline`.
    virtual void stop(Deadline deadline) noexcept = 0;
};

/// Makes a finder out of its URL, or says what is wrong with the URL.
using FinderFactory = std::function<Result<std::unique_ptr<Finder>>(std::string_view url)>;

/// A finder that a node is to have. What the factory holds is kept for as long as the finder lives.
struct FinderSource {
    std::string url;
    FinderFactory make;
};

} // namespace malla::discovery
