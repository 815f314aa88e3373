// SPDX-License-Identifier: Apache-2.0
#include "cli/hints.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace malla::cli {

namespace {

constexpr std::string_view service_word = "SERVICE"; // in a hint: the name that the status tells

constexpr std::string_view repeat =
    "it may have run: repeat it only if a second run does no harm, or let the command do "
    "so with --idempotent";

constexpr auto hints = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"address_in_use", "end the program that uses it, or name another port"},
    {"body_too_large", "send it in parts, or say where it is"},
    {"address_unavailable", "`ip address` shows those that there are; *:PORT binds all of them"},
    {"busy", "try again later, or start another instance"},
    {"credentials_invalid",
     "name a file that `malla keygen` has made, or a secret of the cluster, that this user may read"},
    {"credentials_refused",
     "with a secret: is it the file that all others have? With keys: is the own public key on the "
     "--allow list there, and is the key behind # the one of what is there?"},
    {"credentials_required",
     "say --secret-file FILE, with the file that all others have, or --key-file FILE and #KEY behind each endpoint"},
    {"deadline_exceeded", "a longer --timeout waits for it; repeat it only if a second run does no harm"},
    {"draining", "try again when another instance runs; `malla resume SERVICE` undoes a `malla drain`"},
    {"endpoint_invalid",
     "such as tcp://10.0.0.5:6255, or a URL of a finder for --peer; `malla --help` shows the options"},
    {"endpoint_unreachable", "is a broker or node running there, and reachable from here?"},
    {"expired", "a longer --timeout, more workers or another instance gives it time to begin"},
    {"internal_error", "the log of its node has the reason"},
    {"manifest_invalid", "name a shared object that was built as a plugin of Malla, for this version of libmalla"},
    {"manifest_mismatch", "a plugin is built with the compiler and the version of libmalla that load it"},
    {"not_implemented", "no plugin in its chain answers: `malla explain SERVICE.CALLBACK` shows who takes part"},
    {"paused", "`malla resume SERVICE` lets it take calls again"},
    {"peer_lost", repeat},
    {"shutdown", repeat},
    {"version_unsupported", "use a malla of the same version as what is there"},
    {"wrong_cluster", "say --cluster NAME, with the name of the one that is there, or name another endpoint"},
});

} // namespace

std::string hint_for(const Status& status) {
    if (status.data().contains("unresolved"))
        return "is its name written right? `getent hosts NAME` shows what this machine knows of a host";
    const auto found = std::ranges::find(hints, status.id(), [](const auto& each) { return each.first; });
    std::string hint{found == hints.end() ? std::string_view{} : found->second};
    const auto service = status.data().find("service");
    const auto place = hint.find(service_word);
    if (service != status.data().end() && place != std::string::npos)
        hint.replace(place, service_word.size(), service->second);
    return hint;
}

} // namespace malla::cli
