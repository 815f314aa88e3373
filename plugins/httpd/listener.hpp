// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/result.hpp"
#include "plugins/httpd/httpd_api.hpp"
#include "plugins/httpd/listener_options.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace malla::plugins {

/// Takes HTTP requests at one address, one for each connection, on threads of its own. Any thread.
class Listener {
public:
    using Handle = std::function<HttpAnswer(const HttpRequest&)>;

    /// So many requests are handled at once; further clients wait for their turn.
    static constexpr std::size_t threads = 8;
    static constexpr std::size_t max_body_bytes = 8UL << 20U;

    /// Listens from now on, at `port`: that of the options, or the one that it had before. `address_in_use`,
    /// or `not_allowed` with the system's reason. `handle` comes from several threads at once.
    [[nodiscard]] static Result<std::unique_ptr<Listener>> open(const ListenerOptions& options, std::uint16_t port,
                                                                Handle handle);
    /// Closes it, and waits for the requests that are being handled.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] const ListenerOptions& options() const noexcept;
    /// The one that it has, if the options leave it to the system.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Takes no more clients, and lets its port go. Does not wait.
    void close() noexcept;
    /// Whether it was closed and handles nothing any more.
    [[nodiscard]] bool ended() const noexcept;

private:
    class Server;
    explicit Listener(std::unique_ptr<Server> server);

    std::unique_ptr<Server> server_;
};

} // namespace malla::plugins
