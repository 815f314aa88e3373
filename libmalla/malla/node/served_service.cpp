// SPDX-License-Identifier: Apache-2.0
#include "malla/node/call_server.hpp"
#include "malla/node/request_trace.hpp"
#include "malla/service/status_api.hpp"

#include <utility>

namespace malla {

ServedService::ServedService(std::unique_ptr<Hosted> service, std::optional<Module> from)
    : module{std::move(from)}, hosted{std::move(service)}, slow{std::make_unique<std::atomic<bool>[]>(
                                                               hosted->callbacks().size() + 1)} {
    for (std::size_t i = 0; i < hosted->callbacks().size(); ++i) callbacks.emplace(hosted->callbacks()[i].name, i);
}

std::optional<std::size_t> ServedService::find(std::string_view callback) const {
    if (const auto known = callbacks.find(callback); known != callbacks.end()) return known->second;
    if (const ServiceControl* control = hosted->control(); control && control->exports(callback))
        return callbacks.size();
    return std::nullopt;
}

Result<void> ServedService::run(std::size_t callback, std::string_view name, wire::Content content,
                                std::string_view body, Gate* gate, const CallInfo& info, std::string& out) {
    auto result = is_observed(hosted->core(), info) ? run_observed(callback, name, content, body, gate, info, out)
                                                    : run_plainly(callback, name, content, body, gate, info, out);
    if (result) [[likely]]
        return result;
    const ServiceScope scope{hosted->core()};
    return status(std::move(result).error());
}

Result<void> ServedService::run_observed(std::size_t callback, std::string_view name, wire::Content content,
                                         std::string_view body, Gate* gate, const CallInfo& info, std::string& out) {
    IncomingTrace trace{hosted->core(), name, info};
    return trace.end(run_plainly(callback, name, content, body, gate, info, out));
}

Result<void> ServedService::run_plainly(std::size_t callback, std::string_view name, wire::Content content,
                                        std::string_view body, Gate* gate, const CallInfo& info, std::string& out) {
    if (callback < callbacks.size()) return hosted->run(callback, content, body, gate, info, out);
    return hosted->run_exported(name, content, body, gate, info, out);
}

ServedService::~ServedService() {
    if (!hosted->control() || hosted->control()->state().abandoned.empty()) return;
    // Hooks that were left behind may still use them.
    [[maybe_unused]] const Hosted* kept = hosted.release();
    if (module) module->release();
}

bool ServedService::gives_stream(std::size_t callback) const noexcept {
    return callback < callbacks.size() && hosted->callbacks()[callback].stream;
}

Result<std::unique_ptr<OutgoingStream>> ServedService::open(std::size_t callback, wire::Content content,
                                                            std::string_view body, Gate* gate, const CallInfo& info) {
    std::unique_ptr<OutgoingStream> stream;
    const auto run = [&]() -> Result<void> {
        auto opened = hosted->open(callback, content, body, gate, info);
        if (!opened) return std::move(opened).error();
        stream = *std::move(opened);
        return {};
    };
    const auto run_observed = [&] {
        IncomingTrace trace{hosted->core(), hosted->callbacks()[callback].name, info};
        return trace.end(run());
    };
    auto result = is_observed(hosted->core(), info) ? run_observed() : run();
    if (!result) return with_metadata(std::move(result).error());
    return stream;
}

Status ServedService::with_metadata(Status leaving) const {
    const ServiceScope scope{hosted->core()};
    return status(std::move(leaving));
}

} // namespace malla
