// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/hosted.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace malla {

/// A service whose callbacks have no C++ types, such as one whose work another program does.
///
/// Its calls run at once. It has no chain of its own, but plugins that take part in `HandleRequest`
/// can be added to it, and it is operated like any other.
class UntypedService : public Hosted {
public:
    UntypedService(std::string name, Version version, std::vector<Callback> callbacks);

    [[nodiscard]] ServiceCore& core() noexcept override { return core_; }
    [[nodiscard]] ServiceControl* control() noexcept override { return &control_; }
    [[nodiscard]] Result<void> start(ServiceHost host) override { return control_.start(std::move(host)); }
    void stop() noexcept override { control_.stop(); }
    [[nodiscard]] Result<void> run(std::size_t callback, wire::Content content, std::string_view body, Gate* gate,
                                   const CallInfo& info, std::string& out) final;

protected:
    /// Decodes `body`, answers the callback at that position, and appends the encoded result to `out`. Any thread.
    [[nodiscard]] virtual Result<void> answer(std::size_t callback, wire::Content content, std::string_view body,
                                              const CallInfo& info, std::string& out) = 0;

private:
    const std::string name_;
    ServiceCore core_;
    const PluginInfo info_{name_, {}, {}};
    const PluginType type_{&info_, {}, {}, nullptr};
    ServiceControl control_;
};

} // namespace malla
