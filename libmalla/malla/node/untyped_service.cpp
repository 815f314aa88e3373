// SPDX-License-Identifier: Apache-2.0
#include "malla/node/untyped_service.hpp"

#include "malla/base/error.hpp"

#include <array>
#include <utility>

namespace malla {

namespace {

constexpr std::array<LiveCallback, 1> known{live_callback<HandleRequest>};

} // namespace

UntypedService::UntypedService(std::string name, Version version, std::vector<Callback> callbacks)
    : Hosted{std::move(callbacks)}, name_{std::move(name)}, core_{name_, version, true},
      control_{core_, {}, known, std::array{std::pair<const PluginType*, void*>{&type_, this}}} {}

Result<void> UntypedService::run(std::size_t callback, wire::Content content, std::string_view body, Gate* gate,
                                 const CallInfo& info, std::string& out) {
    struct Target final : IncomingRequest::Target {
        Target(UntypedService& to, std::size_t at, wire::Content form, std::string_view bytes, std::string& result)
            : service{to}, callback{at}, content{form}, body{bytes}, out{result} {}
        Result<void> run(const CallInfo& call) override { return service.answer(callback, content, body, call, out); }
        [[nodiscard]] SentCall sent() const override {
            return {content == wire::Content::json, body, std::string_view{out}.substr(header)};
        }
        UntypedService& service;
        std::size_t callback;
        wire::Content content;
        std::string_view body;
        std::string& out;
        std::size_t header = out.size();
    } target{*this, callback, content, body, out};
    const Frame frame{core_, gate, &info};
    const Pins::Pin pin{core_.pins()};
    try {
        if (const ChangedChain* changed = control_.changed_chain())
            return changed->chain.call<HandleRequest>(
                IncomingRequest{name_, Hosted::callbacks()[callback].name, info, &target});
        return target.run(info);
    } catch (...) {
        return status_of_exception(core_);
    }
}

} // namespace malla
