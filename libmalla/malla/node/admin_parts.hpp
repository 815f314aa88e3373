// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/call_server.hpp"
#include "malla/service/authorize.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// For the sources of Admin.
namespace malla {

/// A service for as long as it is operated.
class Operated {
public:
    explicit Operated(std::shared_ptr<ServedService> service) : service_{std::move(service)} {}
    ServiceControl* operator->() const { return service_->hosted->control(); }
    [[nodiscard]] const std::shared_ptr<ServedService>& service() const noexcept { return service_; }
    [[nodiscard]] Hosted& hosted() const { return *service_->hosted; }
    [[nodiscard]] const ServedCalls& served() const { return service_->served; }
    [[nodiscard]] std::uint32_t load() const { return service_->in_flight.load(std::memory_order_relaxed); }

private:
    std::shared_ptr<ServedService> service_;
};

/// The service that operation `C` is for, if it allows it.
template <class C>
[[nodiscard]] Result<Operated> find(const CallServer& services, const std::string& name) {
    auto service = services.find(name);
    if (!service) return Status{"service_not_found", name};
    if (!service->hosted->control() || service->hosted->reach() != Reach::mesh)
        return Status{"not_allowed"}.set_info(name + " has no plugins to operate");
    if (const CallInfo* call = current_call(); call && !call->may_administer)
        return Status{"forbidden"}.set_info("this caller may not operate services: its key is not listed as admin");
    if (auto allowed = authorize_admin(service->hosted->core(), C::name()); !allowed) return std::move(allowed).error();
    return Operated{std::move(service)};
}

} // namespace malla
