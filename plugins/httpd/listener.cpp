// SPDX-License-Identifier: Apache-2.0
#include "plugins/httpd/listener.hpp"

#include "malla/base/log.hpp"
#include "malla/base/thread.hpp"
#include "plugins/httpd/connection.hpp"
#include "plugins/httpd/listening_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <span>
#include <strings.h>
#include <thread>
#include <utility>
#include <vector>

namespace malla::plugins {

namespace {

constexpr int pause_without_descriptors_ms = 100;

/// What httplib adds to the headers of a request by itself.
constexpr std::array its_own{"REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT"};
/// What frames an answer.
constexpr std::array framing{"Content-Length", "Content-Type", "Transfer-Encoding", "Connection"};

bool is_one_of(const std::string& name, std::span<const char* const> names) {
    return std::ranges::any_of(names, [&](const char* each) { return ::strcasecmp(name.c_str(), each) == 0; });
}

template <class From>
std::vector<HttpField> fields_of(const From& from) {
    std::vector<HttpField> fields;
    for (const auto& [name, value] : from)
        if (!is_one_of(name, its_own)) fields.emplace_back(name, value);
    return fields;
}

// A body without a length would be waited for until the client goes, and ranges are not of what a handler says.
void prepare(httplib::Request& request) {
    request.ranges.clear();
    if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding"))
        request.set_header("Content-Length", "0");
}

void put(httplib::Response& response, HttpAnswer answer) {
    if (answer.code < 200 || answer.code > 599) {
        log(LogLevel::error, "a handler of HTTP requests answered with the code " + std::to_string(answer.code));
        answer = {.code = 500, .body = "Internal error"};
    }
    response.status = answer.code;
    response.set_content(answer.body, answer.content_type);
    for (const auto& [name, value] : answer.headers)
        if (!is_one_of(name, framing)) response.set_header(name, value);
}

} // namespace

/// Of httplib it uses what reads requests and writes answers; its loop of connections cannot be ended
/// at once, and ends by itself at some errors.
class Listener::Server final : private httplib::Server {
public:
    Server(ListenerOptions options, ListeningSocket socket, Handle handle)
        : options_{std::move(options)}, socket_{std::move(socket)}, handle_{std::move(handle)} {
        set_payload_max_length(max_body_bytes);
        // Nothing is routed, so every request ends here, with its body: httplib routes by regular expressions.
        set_error_handler(
            [this](const httplib::Request& request, httplib::Response& response) { answer(request, response); });
    }
    ~Server() override {
        close();
        for (auto& thread : threads_) thread.join();
    }

    void start() {
        for (std::size_t i = 0; i < Listener::threads; ++i) {
            ++running_;
            threads_.push_back(start_thread("malla-httpd", [this] { work(); }));
        }
    }
    void close() noexcept {
        ending_.happen();
        ::shutdown(socket_.descriptor.get(), SHUT_RDWR);
    }
    [[nodiscard]] bool ended() const noexcept { return running_ == 0; }
    [[nodiscard]] const ListenerOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return socket_.port; }

private:
    void work() {
        while (!ending_.happened())
            if (Descriptor client = next_client(); client.is_open()) serve(std::move(client));
        --running_;
    }

    Descriptor next_client() {
        std::array<pollfd, 2> all{{{ending_.descriptor(), POLLIN, 0}, {socket_.descriptor.get(), POLLIN, 0}}};
        ::poll(all.data(), all.size(), -1);
        if (ending_.happened()) return Descriptor{-1};
        Descriptor client{::accept4(socket_.descriptor.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        const bool taken_by_another = errno == EAGAIN || errno == EWOULDBLOCK;
        if (!client.is_open() && !taken_by_another) ::poll(all.data(), 1, pause_without_descriptors_ms);
        return client;
    }

    void serve(Descriptor client) {
        Connection connection{std::move(client), ending_};
        bool closed = false;
        try {
            if (process_request(connection, true, closed, prepare)) connection.finish();
        } catch (const std::exception& error) {
            log(LogLevel::error, "listener " + options_.name + " dropped a request: " + error.what());
        }
    }

    void answer(const httplib::Request& request, httplib::Response& response) const {
        response.headers.erase("EXCEPTION_WHAT");
        if (response.status != 404) return; // httplib did not understand it
        if (request.is_multipart_form_data()) return put(response, {.code = 415, .body = "No forms of several parts"});
        const auto query = fields_of(request.params);
        const auto headers = fields_of(request.headers);
        put(response, handle_({options_.name, request.method, request.path, request.body, query, headers}));
    }

    const ListenerOptions options_;
    const ListeningSocket socket_;
    const Handle handle_;
    Once ending_;
    std::atomic<std::size_t> running_ = 0;
    std::vector<std::thread> threads_;
};

Result<std::unique_ptr<Listener>> Listener::open(const ListenerOptions& options, std::uint16_t port, Handle handle) {
    auto socket = ListeningSocket::open(options.address, port);
    if (!socket) return std::move(socket).error();
    auto server = std::make_unique<Server>(options, *std::move(socket), std::move(handle));
    server->start();
    return std::unique_ptr<Listener>{new Listener{std::move(server)}};
}

Listener::Listener(std::unique_ptr<Server> server) : server_{std::move(server)} {}
Listener::~Listener() = default;

const ListenerOptions& Listener::options() const noexcept { return server_->options(); }
std::uint16_t Listener::port() const noexcept { return server_->port(); }
void Listener::close() noexcept { server_->close(); }
bool Listener::ended() const noexcept { return server_->ended(); }

} // namespace malla::plugins
