// SPDX-License-Identifier: Apache-2.0
#include "plugins/dns/lookup.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace malla::plugins {

namespace {

using namespace std::chrono_literals;
using discovery::HostPort;

// Of one server; a lost packet costs that, and the answer of a server that is away comes before a caller gives up.
constexpr int answer_limit_ms = 1000;
constexpr int tries = 2;
// No SRV records are looked at beyond these.
constexpr std::size_t max_targets = 1000;

/// c-ares once for the program: its start and its end are counted there.
struct Library {
    Library() : status{ares_library_init(ARES_LIB_INIT_ALL)} {}
    ~Library() { ares_library_cleanup(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    int status;
};

struct EndChannel {
    void operator()(ares_channel channel) const noexcept { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, EndChannel>;

/// One question about a name and all that follows from it. Lives until it is done, or its channel is cancelled.
class Question {
public:
    Question(ares_channel channel, const HostPort& name) : channel_{channel}, name_{name} {
        const auto service = name.host.starts_with('_') ? name.host : "_malla._tcp." + name.host;
        ++pending_;
        ares_search(channel, service.c_str(), ns_c_in, ns_t_srv, &Question::on_srv, this);
        if (!name.host.starts_with('_')) ask_addresses(name, addresses_);
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    [[nodiscard]] bool done() const noexcept { return pending_ == 0; }

    /// When it is done.
    Result<std::vector<std::string>> answer() {
        if (has_srv_) return srv_endpoints();
        const int status = name_.host.starts_with('_') ? srv_status_ : addresses_.status;
        if (status == ARES_SUCCESS || status == ARES_ENODATA) return std::move(addresses_.endpoints);
        return failed(name_.host, status);
    }

private:
    struct Addresses {
        Question* question = nullptr;
        HostPort of;
        int status = ARES_SUCCESS;
        std::vector<std::string> endpoints;
    };

    static Status failed(const std::string& name, int status) {
        const bool unknown = status == ARES_ENOTFOUND || status == ARES_ENODATA;
        return Status{"endpoint_unreachable", name}.set_info(
            std::string{unknown ? "the DNS knows no " : "the DNS does not say where nodes are: "} + name +
            (unknown ? "" : std::string{": "} + ares_strerror(status)));
    }

    void ask_addresses(const HostPort& of, Addresses& into) {
        into.question = this;
        into.of = of;
        ares_addrinfo_hints hints{};
        hints.ai_flags = ARES_AI_NOSORT;
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ++pending_;
        ares_getaddrinfo(channel_, of.host.c_str(), nullptr, &hints, &Question::on_addresses, &into);
    }

    static void on_addresses(void* argument, int status, int, ares_addrinfo* found) {
        auto& into = *static_cast<Addresses*>(argument);
        into.status = status;
        for (const auto* node = found ? found->nodes : nullptr; node != nullptr; node = node->ai_next)
            if (auto address = text_of(*node->ai_addr); !address.empty())
                into.endpoints.push_back("tcp://" + HostPort{std::move(address), into.of.port}.text());
        if (found) ares_freeaddrinfo(found);
        --into.question->pending_;
    }

    static void on_srv(void* argument, int status, int, unsigned char* answer, int size) {
        auto& question = *static_cast<Question*>(argument);
        ares_srv_reply* records = nullptr;
        question.srv_status_ = status == ARES_SUCCESS ? ares_parse_srv_reply(answer, size, &records) : status;
        if (question.srv_status_ == ARES_SUCCESS) question.follow(records);
        if (records) ares_free_data(records);
        --question.pending_;
    }

    void follow(const ares_srv_reply* records) {
        for (const auto* each = records; each != nullptr && targets_.size() < max_targets; each = each->next) {
            has_srv_ = true;
            const bool none = std::string_view{each->host}.empty() || std::string_view{each->host} == ".";
            if (none || each->port == 0) continue; // says that there is no such service
            targets_.push_back(std::make_unique<Addresses>());
            ask_addresses({each->host, each->port}, *targets_.back());
        }
    }

    static std::string text_of(const sockaddr& address) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* bytes = nullptr;
        if (address.sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
        else if (address.sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        const bool written = bytes && ::inet_ntop(address.sa_family, bytes, text.data(), text.size()) != nullptr;
        return written ? text.data() : "";
    }

    /// A target without an address does not hide the others.
    Result<std::vector<std::string>> srv_endpoints() {
        std::vector<std::string> endpoints;
        for (auto& target : targets_)
            for (auto& endpoint : target->endpoints) endpoints.push_back(std::move(endpoint));
        if (endpoints.empty() && !targets_.empty()) return failed(targets_.front()->of.host, targets_.front()->status);
        return endpoints;
    }

    ares_channel channel_;
    const HostPort& name_;
    int pending_ = 0;
    int srv_status_ = ARES_SUCCESS;
    bool has_srv_ = false;
    Addresses addresses_;
    std::vector<std::unique_ptr<Addresses>> targets_; // c-ares holds their addresses
};

Channel open_channel(const std::string& server) {
    ares_options options{};
    options.timeout = answer_limit_ms;
    options.tries = tries;
    ares_channel channel = nullptr;
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) return nullptr;
    Channel owned{channel};
    if (!server.empty() && ares_set_servers_ports_csv(channel, server.c_str()) != ARES_SUCCESS) return nullptr;
    return owned;
}

/// Waits for the servers. Whether it was not interrupted.
bool wait(ares_channel channel, const transport::Wake& interrupt) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int mask = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::vector<pollfd> polled{{interrupt.fd(), POLLIN, 0}};
    for (unsigned i = 0; i < sockets.size(); ++i) {
        const bool reads = ARES_GETSOCK_READABLE(mask, i);
        const bool writes = ARES_GETSOCK_WRITABLE(mask, i);
        const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
        if (events != 0) polled.push_back({sockets[i], static_cast<short>(events), 0});
    }
    timeval longest{answer_limit_ms / 1000, 0};
    timeval left{};
    const timeval* limit = ares_timeout(channel, &longest, &left);
    const auto limit_ms = limit->tv_sec * 1000 + limit->tv_usec / 1000 + 1;
    (void)::poll(polled.data(), polled.size(), static_cast<int>(limit_ms));
    if (polled.front().revents != 0) return false;
    bool any = false;
    for (std::size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents == 0) continue;
        any = true;
        const bool readable = (polled[i].revents & ~POLLOUT) != 0;
        const bool writable = (polled[i].revents & POLLOUT) != 0;
        ares_process_fd(channel, readable ? polled[i].fd : ARES_SOCKET_BAD, writable ? polled[i].fd : ARES_SOCKET_BAD);
    }
    if (!any) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    return true;
}

} // namespace

std::optional<Result<std::vector<std::string>>> look_up(const HostPort& name, const std::string& server,
                                                        const transport::Wake& interrupt) {
    const Library library;
    const Channel channel = library.status == ARES_SUCCESS ? open_channel(server) : nullptr;
    if (!channel) return Status{"endpoint_unreachable", name.host}.set_info("the system's DNS settings cannot be read");
    Question question{channel.get(), name};
    while (!question.done()) {
        if (wait(channel.get(), interrupt)) continue;
        ares_cancel(channel.get()); // calls back for all that is pending
        return std::nullopt;
    }
    return question.answer();
}

} // namespace malla::plugins
