// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/stream.hpp"
#include "malla/service/service_control.hpp"
#include "malla/service/service_core.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace malla {

/// What a stream keeps of the service that gives it while nobody asks for the next value: its plugins, even those that
/// leave the chain meanwhile, since its function belongs to one of them. It never keeps the service from changing:
/// without all those plugins it has no further value. The service outlives it.
class StreamHold {
public:
    /// For whoever is inside the service and is about to ask the handler for the stream.
    StreamHold(ServiceCore& core, const ServiceControl& control) noexcept
        : core_{&core}, control_{&control}, departures_{control.departures()} {}

    /// Inside as well, when the handler gave the stream. A failure means that a plugin left meanwhile: the stream
    /// is to be destroyed before its caller leaves the service.
    [[nodiscard]] Result<void> keep() {
        plugins_ = control_->present_plugins();
        if (control_->departures() != departures_) return has_changed();
        return {};
    }

    [[nodiscard]] ServiceCore& core() const noexcept { return *core_; }

    /// Asks the function for the next value, for whoever has passed the door and holds `gate`, if the service
    /// has one. What an exception becomes, and what a handler says with a status, is as in any call.
    template <class T>
    [[nodiscard]] Result<std::optional<T>> next(Stream<T>& stream, Gate* gate, const CallInfo* info) const {
        const Pins::Pin pin{core_->pins()};
        if (auto fault = this->fault()) return *std::move(fault);
        const Frame frame{*core_, gate, info};
        try {
            auto value = stream.next();
            if (!value) return answered(std::move(value).error());
            return value;
        } catch (...) {
            return status_of_exception(*core_);
        }
    }

private:
    /// Why no further value is made, for whoever is inside.
    [[nodiscard]] std::optional<Status> fault() const {
        if (!core_->open()) return answered(core_->refusal());
        if (control_->departures() == departures_) return std::nullopt;
        return has_changed();
    }

    [[nodiscard]] Status has_changed() const {
        return Status{"gone"}.set_info("A plugin of service '" + std::string{core_->name()} +
                                       "' left it while the stream went on");
    }

    ServiceCore* core_;
    const ServiceControl* control_;
    std::uint64_t departures_;
    std::shared_ptr<const void> plugins_;
};

/// A function for a stream whose every value is made inside the service, as if it was a call: nobody is inside while
/// the caller deals with a value.
template <class T>
struct EnteringStream {
    Result<std::optional<T>> operator()() {
        LocalEntry entry{hold.core()};
        if (!entry.entered()) return answered(entry.refusal());
        return hold.next(stream, entry.gate(), nullptr);
    }

    StreamHold hold;
    Stream<T> stream; ///< destroyed before the plugin whose code it is
};

} // namespace malla
