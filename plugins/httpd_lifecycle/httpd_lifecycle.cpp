// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd_lifecycle/httpd_lifecycle.hpp"

#include "malla/codec/field.hpp"
#include "malla/codec/settings.hpp"
#include "malla/service/authorize.hpp"
#include "malla/service/service_control.hpp"
#include "malla/service/service_core.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;

constexpr auto member = "httpd_lifecycle";
constexpr auto longest_question = 1s;
constexpr Clock::duration look_every = 20ms;

struct Settings {
    std::int64_t tries = 10;
    std::string pause = "1s";

    template <class Archive>
    void serialize(Archive& archive) {
        archive(field("tries", tries), field("pause", pause));
    }
};

struct Patience {
    std::int64_t tries;
    Clock::duration pause;
};

Status invalid(std::string_view place, std::string_view wanted) {
    const std::string path = std::string{member}.append(".").append(place);
    return Status{"parameter_invalid", path}.set_info(path + ": expected " + std::string{wanted});
}

Result<Patience> patience_of(const Json& config) {
    const auto given = settings<Settings>(config, member);
    if (!given) return given.error();
    if (given->tries < 1) return invalid("tries", "a number from 1 on");
    const auto pause = parse_duration(given->pause);
    if (!pause) return invalid("pause", "a time such as \"1s\"");
    return Patience{given->tries, *pause};
}

HttpAnswer failure(std::string body) { return {.code = 500, .body = std::move(body)}; }

/// A node that takes calls again unless it ends.
class DrainingNode {
public:
    explicit DrainingNode(HostingNode& node) noexcept : node_{&node} {}
    ~DrainingNode() {
        if (node_) node_->end_draining();
    }
    DrainingNode(const DrainingNode&) = delete;
    DrainingNode& operator=(const DrainingNode&) = delete;

    void end_it() noexcept { std::exchange(node_, nullptr)->end(); }

private:
    HostingNode* node_;
};

/// Whether the service still runs after that time: a handler must not keep it from ending.
bool pause_while_running(const ServiceCore& service, Clock::duration pause) {
    const Deadline end = Deadline::in(pause);
    while (has_started_plugins(service.running_status())) {
        const auto now = Clock::now();
        if (end.passed(now)) return true;
        std::this_thread::sleep_for(std::min(look_every, end.left(now)));
    }
    return false;
}

} // namespace

Json HttpdLifecycle::default_config() { return Json::object({{member, *codec::to_json(Settings{})}}); }

Result<void> HttpdLifecycle::config(const Json& config) {
    const auto checked = patience_of(config);
    return checked ? Result<void>{} : checked.error();
}

Result<void> HttpdLifecycle::start(const Starting& starting) {
    if (!starting.hosting)
        return Status{"not_allowed"}.set_info("HttpdLifecycle is about a node, and no node hosts this service");
    node_ = starting.hosting;
    node_name_ = starting.node_name;
    apply(starting.config);
    return {};
}

Result<void> HttpdLifecycle::updated(const Json&, const Json& now) {
    apply(now);
    return {};
}

void HttpdLifecycle::apply(const Json& config) {
    const auto patience = patience_of(config);
    if (!patience) return; // `config` has refused it
    tries_ = patience->tries;
    pause_ = patience->pause;
}

Flow<HttpdRequest> HttpdLifecycle::on(HttpdRequest, const HttpRequest& request) {
    const bool stop = request.path == "/stop";
    if (!stop && request.path != "/node" && request.path != "/is_live" && request.path != "/is_ready") return cont;
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (stop ? request.method != "POST" && request.method != "GET" : !reads)
        return Status{"method_not_allowed", request.method};
    if (stop) {
        auto answer = stop_node();
        if (!answer) return std::move(answer).error();
        return *std::move(answer);
    }
    if (request.path == "/node") return HttpAnswer{.body = node_name_};
    return request.path == "/is_live" ? live() : ready();
}

HttpAnswer HttpdLifecycle::live() const {
    std::optional<HttpAnswer> bad;
    node_->for_each_service([&](std::string_view name, const ServiceControl& control) {
        if (!bad && !control.live()) bad = failure("Service " + std::string{name} + " is not live");
    });
    return bad.value_or(HttpAnswer{.body = "live"});
}

HttpAnswer HttpdLifecycle::ready() const {
    if (node_->draining()) return failure("Node " + node_name_ + " is draining");
    std::optional<HttpAnswer> bad;
    const Deadline deadline = Deadline::in(longest_question);
    node_->for_each_service([&](std::string_view name, ServiceControl& control) {
        if (!bad && !control.ready(deadline)) bad = failure("Service " + std::string{name} + " is not ready");
    });
    return bad.value_or(HttpAnswer{.body = "ready"});
}

Result<HttpAnswer> HttpdLifecycle::stop_node() const {
    if (auto allowed = authorize_admin(require_service(), "stop_node"); !allowed) return std::move(allowed).error();
    if (!node_->begin_draining()) return Status{"conflict"}.set_info("Node " + node_name_ + " is about to end already");
    DrainingNode draining{*node_};
    if (!drain()) return failure("Node " + node_name_ + " is not drained");
    draining.end_it();
    return HttpAnswer{.body = "stopping"};
}

bool HttpdLifecycle::drain() const {
    for (std::int64_t tried = 1; !drained(); ++tried)
        if (tried >= tries_ || !pause_while_running(require_service(), pause_)) return false;
    return true;
}

bool HttpdLifecycle::drained() const {
    bool all = true; // each of them is asked, so that each begins
    node_->for_each_service([&](std::string_view, ServiceControl& control) {
        all = control.drained(Deadline::in(longest_question)) && all;
    });
    if (!all) return false;
    const auto allowed = require_service().call_beside<HttpdLifecycleDrain>();
    return allowed && *allowed;
}

} // namespace malla::plugins
