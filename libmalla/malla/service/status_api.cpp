// SPDX-License-Identifier: Apache-2.0
#include "malla/service/status_api.hpp"

#include "malla/base/log.hpp"
#include "malla/service/service_core.hpp"

#include <atomic>
#include <random>
#include <utility>

namespace malla {

namespace {

/// The services whose plugins are being asked on this thread: they are not asked again by what
/// they do themselves.
class Asking {
public:
    explicit Asking(const ServiceCore& service) noexcept : outer_{innermost_}, service_{&service} { innermost_ = this; }
    ~Asking() { innermost_ = outer_; }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

    [[nodiscard]] static bool asks(const ServiceCore& service) noexcept {
        for (const Asking* each = innermost_; each; each = each->outer_)
            if (each->service_ == &service) return true;
        return false;
    }

private:
    const Asking* outer_;
    const ServiceCore* service_;

    static thread_local constinit const Asking* innermost_;
};

thread_local constinit const Asking* Asking::innermost_ = nullptr;

void log_failure(std::string_view callback, std::string_view service, std::string_view what) {
    log(LogLevel::error,
        std::string{callback}.append(" failed: ").append(what).append(" (").append(service).append(")"));
}

/// What the plugins of the current service say; nothing when there are none to be asked, or one throws.
template <IsCallback C, class About>
std::optional<Result<ResultOf<C>>> ask(const About& about) {
    const Frame* frame = Frame::current();
    if (!frame || Asking::asks(frame->service())) return std::nullopt;
    const ServiceCore& service = frame->service();
    const Asking asking{service};
    const Pins::Pin pin{service.pins()}; // whoever stops the plugins waits for it
    if (!has_started_plugins(service.running_status()) || !service.takes_part<C>()) return std::nullopt;
    try {
        return service.call_pinned<C>(about);
    } catch (const std::exception& error) {
        log_failure(C::name(), service.name(), error.what());
    } catch (...) {
        log_failure(C::name(), service.name(), "an exception that is no std::exception");
    }
    return std::nullopt;
}

/// The status that `C` answers, in whichever of the two forms.
template <IsCallback C>
std::optional<Status> made_by(const Reason& reason) {
    auto said = ask<C>(reason);
    if (!said) return C::default_answer(reason);
    if (!*said) return std::move(*said).error();
    return **std::move(said);
}

Status status_as_it_is(const Reason& reason) {
    Status made = reason.argument.empty() ? Status{reason.id} : Status{reason.id, reason.argument};
    if (!reason.text.empty()) made.set_info(reason.text);
    for (const auto& [key, value] : reason.data) made.set_data(key, value);
    return made;
}

std::string next_reference() {
    static std::atomic<unsigned> next = std::random_device{}();
    return std::to_string(next.fetch_add(1, std::memory_order_relaxed) % 10'000);
}

Status hidden(const Reason& reason) {
    const std::string reference = next_reference();
    std::string line = "reference " + reference + ": ";
    const Status internal = status_as_it_is(reason);
    line += reason.id == "exception" ? reason.text : internal.text();
    for (const auto& [key, value] : internal.data()) line.append(", ").append(key).append(" ").append(value);
    if (const auto service = current_service(); !service.empty()) line.append(" (").append(service).append(")");
    log(LogLevel::error, line);
    return Status{"internal_error"}.set_info("Internal reference " + reference).set_data("reference", reference);
}

} // namespace

std::optional<Status> MakeStatus::default_answer(const Reason& reason) {
    if (status_entry(reason.id).id != reason.id) return std::nullopt;
    return status_as_it_is(reason);
}

std::optional<Status> PublicStatus::default_answer(const Reason& reason) { return hidden(reason); }

Status status(const Reason& reason) {
    auto made = made_by<MakeStatus>(reason);
    return status(made ? *std::move(made) : status_as_it_is(reason));
}

Status status(std::string_view id, std::string_view argument) {
    return status(Reason{.id = std::string{id}, .argument = std::string{argument}});
}

Status status(Status finished) {
    auto metadata = ask<StatusMetadata>(finished);
    if (!metadata) return finished;
    if (!*metadata) {
        log_failure(StatusMetadata::name(), current_service(), metadata->error().text());
        return finished;
    }
    finished.set_metadata(**std::move(metadata));
    return finished;
}

Status public_status(const Reason& reason) {
    if (auto known = made_by<MakeStatus>(reason)) return status(*std::move(known));
    auto instead = made_by<PublicStatus>(reason);
    return status(instead ? *std::move(instead) : hidden(reason));
}

Status public_status(Status finished) { return status(std::move(finished)); }

} // namespace malla
