// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/service/context.hpp"

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace malla {

/// Why something failed, before it is a status.
struct Reason {
    std::string id{};       ///< what it would be identified by; "exception" when something was thrown
    std::string argument{}; ///< what it is about: fills the place that the table's sentence may have
    std::string text{};     ///< a sentence in the place of the table's
    Status::Fields data{};  ///< further parts of that sentence by name
    const std::exception* exception = nullptr; ///< what was thrown, if it is one of those
};

// The three callbacks below come from any thread, beside the calls that run, and only while the
// plugins are started. A plugin that throws in one of them is logged, and counts as not there. A
// status that a plugin makes meanwhile, by the functions below, does not pass the plugins again.

/// Makes the status of a reason, so that plugins extend and override the table of `base`:
///
///     Flow<MakeStatus> on(MakeStatus, const Reason& reason) {
///         if (reason.id != "sold_out") return cont;
///         return Status{"sold_out"}.set_code(409);
///     }
///
/// Nothing: nobody knows the reason.
struct MakeStatus : Callback<"make_status(reason)", std::optional<Status>(const Reason&)> {
    /// The line of the table, if it has one of that identifier.
    static std::optional<Status> default_answer(const Reason& reason);
};

/// Gives the metadata of each status that leaves the service. A plugin adds to it by continuing with
/// a changed copy; only the metadata of that counts. Asked again for a status that passes twice.
struct StatusMetadata : Callback<"status_metadata(status)", Status::Fields(const Status&)> {
    static Status::Fields default_answer(const Status& status) { return status.metadata(); }
};

/// Makes the status in the place of a reason that must not leave as it is, and sees to it that the
/// reason is found elsewhere. Nothing is as the default.
struct PublicStatus : Callback<"public_status(reason)", std::optional<Status>(const Reason&)> {
    /// Logs "reference NNNN: reason (service)", and gives `internal_error` with that reference alone.
    static std::optional<Status> default_answer(const Reason& reason);
};

// These ask the plugins of the current service, `ServiceScope` says which that is; without one
// there is only the table. Any thread.

/// The status of a reason. One that nobody knows keeps its identifier, as in `Status`.
[[nodiscard]] Status status(const Reason& reason);
[[nodiscard]] Status status(std::string_view id, std::string_view argument = {});
/// `finished` with the metadata that the service's plugins add.
[[nodiscard]] Status status(Status finished);

/// As `status` for a reason that somebody knows; any other stays here, and what leaves is a reference to it.
[[nodiscard]] Status public_status(const Reason& reason);
[[nodiscard]] Status public_status(Status finished);

} // namespace malla
