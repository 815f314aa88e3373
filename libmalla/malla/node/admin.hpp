// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/service.hpp"
#include "malla/node/admin_api.hpp"
#include "malla/node/call_server.hpp"
#include "malla/node/observations.hpp"

#include <memory>
#include <string>
#include <vector>

namespace malla {

/// Operates the other services of its node for whoever asks.
struct Admin : Service<admin::Api> {
    static constexpr bool concurrent = true;

    explicit Admin(const CallServer& services) noexcept : services_{&services} {}

    Result<std::vector<admin::Plugin>> on(admin::GetPlugins, std::string service);
    Result<void> on(admin::AddPlugin, std::string service, std::string plugin);
    Result<void> on(admin::RemovePlugin, std::string service, std::string plugin);
    Result<void> on(admin::SetPlugins, std::string service, std::vector<std::string> plugins);
    Result<std::vector<admin::Link>> on(admin::Explain, std::string service, std::string callback);
    Result<void> on(admin::SetStatus, std::string service, AdminStatus status, std::string reason);
    Result<admin::State> on(admin::GetState, std::string service);
    Result<admin::Stats> on(admin::GetStats, std::string service);
    Result<std::vector<admin::ConfigEntry>> on(admin::GetConfig, std::string service);
    Result<void> on(admin::Reconfigure, std::string service, Json update);
    Result<bool> on(admin::IsReady, std::string service);
    Result<bool> on(admin::IsDrained, std::string service);
    Result<void> on(admin::Ping) { return {}; }
    Result<Stream<std::vector<admin::LinkTiming>>> on(admin::MeasureLinks, std::string service, std::string callback,
                                                      std::string lease);
    Result<Stream<admin::TappedCalls>> on(admin::TapCalls, std::string service, std::string callback,
                                          std::string lease);
    void on(admin::Renew, std::string lease) { observations_->renew(lease); }

    /// After the calls and the other services.
    void stop() { observations_->end_all(); }

private:
    const CallServer* services_;
    std::shared_ptr<Observations> observations_ = std::make_shared<Observations>(); // so that this can be moved
};

} // namespace malla
