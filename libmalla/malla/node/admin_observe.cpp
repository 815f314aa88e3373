// SPDX-License-Identifier: Apache-2.0
// What can be seen of a service's calls while somebody looks.
#include "malla/node/admin.hpp"
#include "malla/node/admin_parts.hpp"
#include "malla/node/tap.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace malla {

namespace {

using namespace std::chrono_literals;

// At least as often there is a value, so that whoever takes it knows that it goes on.
constexpr auto sign_of_life = 250ms;

std::int64_t nanoseconds(Clock::duration duration) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

/// An observation that ends with the stream that shows it.
class Shown {
public:
    Shown(std::shared_ptr<Observation> observation, const CallServer& server) noexcept
        : observation_{std::move(observation)}, server_{&server} {}
    ~Shown() {
        if (observation_) observation_->end();
    }
    Shown(Shown&&) noexcept = default;
    Shown& operator=(Shown&&) = delete;

    void wait() const {
        const BlockingScope blocking;
        const CallInfo* call = current_call();
        observation_->wait(call ? call->cancelled : std::stop_token{}, sign_of_life);
    }
    /// Nothing when it goes on; the node's end is the stream's as well.
    [[nodiscard]] std::optional<Status> over() const {
        if (server_->leaving()) return Status{"shutdown"};
        if (!observation_->ended()) return std::nullopt;
        return Status{"gone"}.set_info("nobody said within 5 seconds that he still looks");
    }

private:
    std::shared_ptr<Observation> observation_; // shared with those of the node
    const CallServer* server_;
};

struct MeasuringObserver final : ChainObserver {
    explicit MeasuringObserver(std::string_view callback) : measured{callback} {}
    [[nodiscard]] LinkTimes* times() override { return &measured; }
    LinkTimes measured;
};

class Measurements {
public:
    Measurements(Operated service, std::shared_ptr<MeasuringObserver> observer, Shown shown)
        : service_{std::move(service)}, observer_{std::move(observer)}, shown_{std::move(shown)} {}

    Result<std::optional<std::vector<admin::LinkTiming>>> operator()() {
        if (std::exchange(begun_, true)) shown_.wait();
        if (auto over = shown_.over()) return *std::move(over);
        std::vector<admin::LinkTiming> links;
        for (auto& link : service_->explain(observer_->measured.callback())) {
            const LinkTime time = observer_->measured.of(link.plugin);
            links.push_back(
                {std::move(link.plugin), link.part, time.calls, nanoseconds(time.own), nanoseconds(time.longest)});
        }
        return std::optional{std::move(links)};
    }

private:
    Operated service_;
    std::shared_ptr<MeasuringObserver> observer_; // shared with the chain
    Shown shown_;
    bool begun_ = false;
};

struct TappingObserver final : ChainObserver {
    explicit TappingObserver(std::string callback) : tap{std::move(callback)} {}
    [[nodiscard]] std::optional<LiveChain::Member> member() override {
        return LiveChain::Member{&plugin_info<Tap>, &tap};
    }
    Tap tap;
};

Json json_of(const std::optional<std::string>& text) {
    auto json = text ? Json::parse(*text) : Result<Json>{Json{}};
    return json ? *std::move(json) : Json{};
}

admin::TappedCall tapped(PassedCall&& call) {
    return {call.at_us,
            std::move(call.callback),
            std::move(call.caller),
            json_of(call.arguments.text(call.json)),
            call.arguments.size,
            json_of(call.result.text(call.json)),
            call.result.size,
            std::move(call.status),
            std::move(call.info),
            nanoseconds(call.took)};
}

class PassingCalls {
public:
    PassingCalls(Operated service, std::shared_ptr<TappingObserver> observer, Shown shown)
        : service_{std::move(service)}, observer_{std::move(observer)}, shown_{std::move(shown)} {}

    Result<std::optional<admin::TappedCalls>> operator()() {
        admin::TappedCalls tapped_calls;
        if (std::exchange(begun_, true)) {
            const BlockingScope blocking;
            const CallInfo* call = current_call();
            for (auto& each : observer_->tap.take(call ? call->cancelled : std::stop_token{}, sign_of_life))
                tapped_calls.calls.push_back(tapped(std::move(each)));
        }
        if (auto over = shown_.over()) return *std::move(over);
        tapped_calls.dropped = observer_->tap.dropped();
        return std::optional{std::move(tapped_calls)};
    }

private:
    Operated service_;                          // whose code reads the calls
    std::shared_ptr<TappingObserver> observer_; // shared with the chain
    Shown shown_;
    bool begun_ = false;
};

} // namespace

Result<Stream<admin::TappedCalls>> Admin::on(admin::TapCalls, std::string service, std::string callback,
                                             std::string lease) {
    auto control = find<admin::TapCalls>(*services_, service);
    if (!control) return control.error();
    auto observer = std::make_shared<TappingObserver>(std::move(callback));
    auto begun = observations_->begin(std::move(lease), control->service(), observer);
    if (!begun) return std::move(begun).error();
    return Stream<admin::TappedCalls>{
        PassingCalls{*std::move(control), std::move(observer), Shown{*std::move(begun), *services_}}};
}

Result<Stream<std::vector<admin::LinkTiming>>> Admin::on(admin::MeasureLinks, std::string service, std::string callback,
                                                         std::string lease) {
    auto control = find<admin::MeasureLinks>(*services_, service);
    if (!control) return control.error();
    const auto same = [&](const Hosted::Callback& each) { return each.name == callback; };
    if ((*control)->explain(callback).empty() && std::ranges::none_of(control->hosted().callbacks(), same))
        return Status{"request_op_unknown", callback};
    auto observer = std::make_shared<MeasuringObserver>(callback);
    auto begun = observations_->begin(std::move(lease), control->service(), observer);
    if (!begun) return std::move(begun).error();
    return Stream<std::vector<admin::LinkTiming>>{
        Measurements{*std::move(control), std::move(observer), Shown{*std::move(begun), *services_}}};
}

} // namespace malla
