// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/membership.hpp"
#include "malla/discovery/prober.hpp"
#include "malla/node/call_server.hpp"
#include "malla/node/caller.hpp"
#include "malla/node/circuit.hpp"
#include "malla/node/node.hpp"
#include "malla/node/remote_stream.hpp"
#include "malla/node/retry_budget.hpp"
#include "malla/node/ways.hpp"
#include "malla/service/events.hpp"
#include "malla/service/hosting_node.hpp"
#include "malla/service/once.hpp"
#include "malla/transport/poller.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace malla {

/// What a node is made of: the server of calls, the channels to others, the membership, and the
/// control thread on which discovery works, so that it never waits behind calls.
class Node::Core final : public CallWays, public HostingNode {
public:
    Core(Node& owner, NodeOptions options);
    ~Core();

    [[nodiscard]] Result<void> host(const std::shared_ptr<ServedService>& service, const Json& config);
    void stop();
    void offer(OfferedPlugin plugin);
    [[nodiscard]] ConfigStore& store() noexcept { return store_; }

    [[nodiscard]] Node& owner() const noexcept { return owner_; }
    [[nodiscard]] const NodeOptions& options() const noexcept { return options_; }
    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
    [[nodiscard]] discovery::Membership& membership() noexcept { return *membership_; }
    [[nodiscard]] const discovery::Membership& membership() const noexcept { return *membership_; }
    [[nodiscard]] Result<void> publish(std::string_view topic, const Json& value);
    /// The service of that name here, when it may be called from outside.
    [[nodiscard]] std::shared_ptr<ServedService> find_local(std::string_view service) const;
    /// Makes a call and waits for its outcome; one to a service of this node stays on this thread.
    [[nodiscard]] Result<Returned> call(Request request);
    /// Makes a call that takes a stream.
    [[nodiscard]] std::unique_ptr<ValueSource> stream(Request request);
    /// Hands a call to a connection, and nobody hears of it again.
    [[nodiscard]] Result<void> send(Request request);
    /// Calls every instance at once; in the order of the nodes' names.
    [[nodiscard]] Result<std::vector<NodeResult<Returned>>> call_all(Request request);

    [[nodiscard]] std::vector<Instance> instances(const Request& request) override;
    [[nodiscard]] Result<std::shared_ptr<Channel>> channel(const Instance& instance) override;
    void heard(const Request& request, NodeId node, const Status* failure) override;
    [[nodiscard]] bool allows_retry(const Request& request) override { return budgets_.allow_retries(request.service); }
    [[nodiscard]] bool may_probe(const Request& request, NodeId node) override {
        return circuits_.let_through(node, request.service, Clock::now());
    }
    void wait_for_change(std::uint64_t version, Deadline until) override;
    [[nodiscard]] std::uint64_t directory_version() override { return membership_->directory().version(); }
    [[nodiscard]] Status why_unavailable(const Request& request) override;
    [[nodiscard]] std::optional<Status> no_way(const Request& request) override;
    /// Which way calls take.
    [[nodiscard]] const Ways& ways() const noexcept { return ways_; }
    [[nodiscard]] bool declared_idempotent(std::string_view service, std::string_view callback) override;
    void wait_for_mesh(Deadline until) override { (void)membership_->wait_joined(until); }
    [[nodiscard]] bool hear_mesh(Deadline until) override;
    [[nodiscard]] NodeId id() const override { return id_; }
    [[nodiscard]] std::string_view name() const override { return options_.name; }
    [[nodiscard]] std::uint64_t next_call_number() override { return ++calls_; }
    [[nodiscard]] Clock::duration timeout() const override { return options_.timeout; }
    void send_held();

    void for_each_service(const Visit& visit) const override;
    [[nodiscard]] bool draining() const noexcept override { return draining_.load(); }
    [[nodiscard]] bool begin_draining() override;
    void end_draining() override;
    void end() noexcept override { end_.happen(); }
    /// Happens when a service wants the node to end.
    [[nodiscard]] const Once& end_wanted() const noexcept { return end_; }

private:
    /// How long a new node waits for a rendezvous that does not answer, where it matters that it knows of all.
    static constexpr Clock::duration hearing_limit = std::chrono::seconds{1};
    /// For handlers to return that were cancelled because their node ends.
    static constexpr Clock::duration cancelled_limit = std::chrono::seconds{2};
    /// After the calls have ended, for goodbyes and for threads to return.
    static constexpr Clock::duration farewell_limit = std::chrono::milliseconds{500};
    /// How often channels are read for those who do not wait.
    static constexpr Clock::duration attend_every = farewell_limit / 5;

    void drain_for_good();
    void open_server();
    void hand_on(transport::Message&& message);
    void retry_streams();
    void join_mesh();
    void make_events();
    void watch_channel(const std::shared_ptr<Channel>& channel, NodeId node);
    void on_bye(NodeId node);
    void part_from(NodeId node, bool drained);
    [[nodiscard]] std::shared_ptr<Channel> find_channel(NodeId node);
    [[nodiscard]] bool is_silent(NodeId node);
    void prefer_heard(std::vector<Instance>& instances);
    void retire_channel(NodeId node, const std::shared_ptr<Channel>& channel);
    void lose_channel(NodeId node, const std::shared_ptr<Channel>& channel);
    [[nodiscard]] std::vector<std::string> end_services();
    void wait_drained(Deadline deadline);
    void retire_idle_channels();
    void attend_channels();
    [[nodiscard]] std::unordered_multimap<NodeId, std::shared_ptr<Channel>> open_channels();
    [[nodiscard]] Result<std::shared_ptr<Channel>> open_channel(const Instance& instance);
    [[nodiscard]] std::vector<std::string> endpoints_of(NodeId node) const;
    bool direct_failed(NodeId node, std::string_view name);
    void broker_failed(NodeId node, const std::string& broker);
    void broker_ended(NodeId node, const std::shared_ptr<Channel>& channel);
    void try_direct_later(NodeId node);
    void on_probed(NodeId node, bool alive);
    [[nodiscard]] Result<ServiceHost> host_for(std::string_view service, const Json& config);
    [[nodiscard]] std::vector<OfferedPlugin> offers() const;
    void announce();
    [[nodiscard]] std::vector<Instance> find_instances(const Request& request);
    [[nodiscard]] std::vector<Instance> every_instance(const Request& request, Deadline deadline);
    /// The service, when this node itself is to take the call; else null.
    [[nodiscard]] std::shared_ptr<ServedService> own_choice(const Request& request);
    /// Whether a call that this node's own instance did not run is for the others then.
    [[nodiscard]] static bool may_go_elsewhere(const ServedService& local, const Status& refusal);
    Result<Returned> call_remote(Request request);
    Result<Returned> call_local(ServedService& service, const Request& request);
    Result<Returned> call_local(ServedService& service, const Request& request, const OutgoingTrace* trace);
    [[nodiscard]] wire::NodeRecord record() const;

    Node& owner_;
    const NodeId id_ = NodeId::random();
    NodeOptions options_;
    const std::shared_ptr<transport::Credentials> credentials_; ///< null: the mesh is open
    const Deadline hearing_until_ = Deadline::in(hearing_limit);
    std::string endpoint_;
    std::atomic<std::uint64_t> calls_ = 0;
    std::mutex draining_mutex_; ///< whoever changes `draining_` has it
    std::atomic<bool> draining_ = false;
    bool ending_ = false; ///< it drains for good
    bool stopped_ = false;
    Once end_;

    ConfigStore store_; ///< of its services

    transport::Poller control_;
    std::unique_ptr<transport::Socket> router_;
    std::unique_ptr<transport::Monitor> router_monitor_;
    std::unique_ptr<discovery::Membership> membership_;
    std::shared_ptr<Events> events_;      // shared with its services
    std::atomic<int> events_waiting_ = 0; ///< those of others, to be published here
    std::unique_ptr<CallServer> server_;

    RetryBudgets budgets_;
    Circuits circuits_;
    Ways ways_;
    std::unique_ptr<discovery::Prober> prober_;
    std::unordered_set<NodeId> retried_; ///< the control thread's: to be connected to directly again, soon
    std::mutex channels_mutex_;
    std::unordered_map<NodeId, std::shared_ptr<Channel>> channels_;
    std::unordered_multimap<NodeId, std::shared_ptr<Channel>> former_channels_; ///< with calls that took another way
    std::unordered_set<NodeId> leaving_; ///< said so to their callers, and the directory has yet to tell
    std::atomic<bool> any_silent_ = false;
    bool attending_ = false; ///< the control thread's: there is a timer for it
    std::mutex announce_mutex_;
    mutable std::mutex offers_mutex_;
    std::vector<OfferedPlugin> offers_;
    std::mutex hosting_mutex_; ///< one service starts or stops at a time
    std::thread control_thread_;
};

} // namespace malla
