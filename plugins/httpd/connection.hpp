// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/base/deadline.hpp"
#include "malla/base/descriptor.hpp"
#include "malla/service/once.hpp"

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace malla::plugins {

/// The bytes of one client. A request has to be there within `limit`, and so has its answer to be
/// taken; a request that is not there yet is not waited for once the listener is ending.
class Connection final : public httplib::Stream {
public:
    static constexpr Clock::duration limit = std::chrono::seconds{10};

    Connection(Descriptor socket, const Once& ending) : socket_{std::move(socket)}, ending_{&ending} {}

    /// Whether the client has sent something before `limit` and the end of the listener.
    [[nodiscard]] bool is_readable() const override;
    [[nodiscard]] bool is_writable() const override { return true; }
    ssize_t read(char* to, std::size_t size) override;
    ssize_t write(const char* from, std::size_t size) override;
    /// Nobody asks for them.
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    /// None that httplib may use: it refuses the numbers from 1024 on.
    [[nodiscard]] int socket() const override { return -1; }

    /// Sees to it that the answer arrives although the client has sent more than was read.
    void finish();

private:
    [[nodiscard]] bool wait(short events, Deadline until, bool unless_ending) const;

    Descriptor socket_;
    const Once* ending_;
    Deadline read_until_ = Deadline::in(limit);
    std::optional<Deadline> written_until_;
    std::array<char, 4096> buffer_{};
    std::size_t begin_ = 0; ///< of what was received and not read
    std::size_t end_ = 0;
};

} // namespace malla::plugins
