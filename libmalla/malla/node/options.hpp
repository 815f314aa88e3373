// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/version_range.hpp"
#include "malla/discovery/finder.hpp"
#include "malla/service/config_layers.hpp"
#include "malla/transport/credentials.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// How a node takes part in its mesh. Every value has a default that works on one machine.
struct NodeOptions {
    /// Shown to people and accepted by `--on`, at most 128 bytes in UTF-8 without control characters; empty means
    /// HOST-PID.
    std::string name;
    /// Nodes of other clusters are invisible. As for `name`.
    std::string cluster = "malla";
    /// Brokers to meet at.
    std::vector<std::string> brokers;
    /// Nodes to join through, and URLs of finders, who find them: dns://, beacon://, etcd://; see
    /// docs/guide-finding.md.
    std::vector<std::string> peers;
    /// What makes the finders of a scheme, such as "dns". Those of other schemes are loaded from SCHEME.so in the
    /// folder of plugins that belongs to the program or to libmalla.
    std::map<std::string, discovery::FinderFactory, std::less<>> finders;
    /// Where the nodes of one machine meet when neither a broker nor a peer is named.
    std::string loopback = "tcp://127.0.0.1:6255";
    /// Where this node serves calls; port `*` lets the system choose. Empty: at the interface that faces the first
    /// broker or peer on another machine if there are credentials, or `insecure`, else at 127.0.0.1.
    std::string bind;
    /// What others connect to, where that differs from `bind` (containers, address translation). Empty: as
    /// bound; for a wildcard the address that faces the first broker or peer.
    std::string advertise;
    /// What everything is encrypted with, and who is let in; see docs/guide-security.md. Empty: nothing, everybody.
    transport::CredentialFiles credentials;
    /// Allows binding beyond loopback without credentials.
    bool insecure = false;
    /// Whether this node will host services. One that only calls binds and announces nothing.
    bool hosts = true;
    /// How long a call may take when its caller names no limit.
    Clock::duration timeout = std::chrono::seconds{15};
    /// How long a connection to a node may take before calls to it go through a broker that both have joined, and how
    /// often it is tried again then.
    Clock::duration relay_after = std::chrono::seconds{1};
    Clock::duration direct_retry = std::chrono::seconds{10};
    /// A handler that runs longer has its thread replaced as the reader of requests: after up to twice
    /// that, behind many short calls after up to 16 times that.
    Clock::duration takeover_after = std::chrono::microseconds{200};
    /// At most as many handlers run at once; further calls queue, then are answered `busy`.
    std::size_t max_workers = 64;
    /// A handler that waits for a call of its own does not count as one of these, as long as no more than so many
    /// wait. When those beyond take all of `max_workers` too, the calls that queue and those that come are answered
    /// `busy`: what the handlers wait for may be among them.
    std::size_t max_waiting_workers = 1024;
    /// What waits for a worker at most.
    std::size_t max_queued_calls = 4096;
    /// How long a stopping node waits for the calls that run.
    Clock::duration drain_limit = std::chrono::seconds{10};
    /// What its services are configured with: in each layer an object with one member for each service.
    ConfigLayers config;
    /// How long a kind of event is remembered to recognise duplicates, and how many kinds are at most.
    Clock::duration event_window = std::chrono::hours{1};
    std::size_t max_remembered_events = 10'000;
};

/// The options that the flags and the environment of a program give: `--name`, `--broker`,
/// `--peer`, `--loopback`, `--cluster`, `--bind`, `--advertise`, `--insecure`, `--secret-file`, `--key-file`,
/// `--allow`, `--timeout`, `--set SERVICE.PATH=VALUE`, and MALLA_BROKER, MALLA_PEER, MALLA_LOOPBACK, MALLA_CLUSTER,
/// MALLA_SECRET_FILE, MALLA_KEY_FILE, MALLA_ALLOW, MALLA_TIMEOUT (lists are separated by commas), MALLA_CONFIG (a JSON
/// object by service). A flag wins over the environment. Other arguments are left alone. Throws `Error` for a value
/// that cannot be read.
[[nodiscard]] NodeOptions options(int argc, char** argv);

/// The endpoints of a list that commas separate. What has no "://" belongs to a finder's URL before it, as the second
/// address of "etcd://a:2379,b:2379" does.
[[nodiscard]] std::vector<std::string> split_endpoints(std::string_view list);

/// Merges settings as `--set` has them, `SERVICE.PATH=VALUE`, into the layer of the command line; a
/// value is JSON if it reads as JSON, else a string. Throws `Error` for what is none.
void apply_settings(ConfigLayers& config, const std::vector<std::string>& settings);
/// Whether `config` is what configures services: an object that has an object, or null, for each.
[[nodiscard]] bool is_configuration(const Json& config) noexcept;
/// Takes the layer of the environment from MALLA_CONFIG. Throws `Error` when that is no configuration.
void apply_environment(ConfigLayers& config);

/// Which of several instances gets a call.
enum class Balance : std::uint8_t {
    random,     ///< the own node's if it has one, else any
    least_busy, ///< of any two, the own node's included, the one that has fewer calls
};

/// How one call is made.
struct CallOptions {
    /// Nothing: the node's `timeout`. Inside a handler no call outlives the handler's own deadline.
    std::optional<Deadline> deadline;
    /// Allows a second run on another instance when the first may have run; logged.
    bool idempotent = false;
    /// Decides at the first snapshot whether the service is there, instead of waiting for it.
    bool no_wait = false;
    /// Only this instance, by node name or id; empty: any.
    std::string on;
    /// Only instances of these versions, such as ">=1.2 <2"; a text from elsewhere is read by `VersionRange::parse`.
    VersionRange version;
    Balance balance = Balance::random;
    /// Calls of one key go to one instance, the same from every node, while the instances stay; when one comes or goes
    /// few keys move. Counts more than `balance`. A node that has just come hears first of all that there are, for a
    /// second at most.
    std::optional<std::string> key;
    /// Handed to the handler and to interceptors.
    std::vector<std::pair<std::string, std::string>> metadata;
    /// The W3C `traceparent` that the call belongs to, such as one that came by HTTP; empty, or not well-formed: that
    /// of the span or the call around it.
    std::string traceparent;
    /// For many short calls whose results are taken later: up to 64 to one node are sent together, which takes less
    /// time in both processes. `Node::send_held` sends what is left, and so does waiting for one of them.
    bool held = false;
};

/// A call's deadline, `limit` from now.
[[nodiscard]] inline CallOptions within(Clock::duration limit) {
    CallOptions options;
    options.deadline = Deadline::in(limit);
    return options;
}

} // namespace malla
