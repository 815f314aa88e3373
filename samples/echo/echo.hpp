// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "echo/echo_api.hpp"
#include "malla/chain/service.hpp"
#include "malla/service/context.hpp"
#include "malla/service/starting.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

/// Several of its handlers may run at once, so its state is atomic or belongs to the system.
struct Echo : malla::Service<EchoApi> {
    static constexpr malla::Version version{1, 0, 0};
    static constexpr bool concurrent = true;
    using Plugins = malla::Plugins<>;

    Echo() = default;
    Echo(Echo&& other) noexcept : begun_{other.begun_.load()}, file_{std::exchange(other.file_, -1)} {}
    ~Echo() {
        if (file_ >= 0) ::close(file_);
    }

    malla::Result<void> start(const malla::Starting& starting) {
        identity_ = Identity{starting.node.text(), std::string{starting.node_name}, ::getpid()};
        const malla::Json* record = starting.config.find("record");
        if (!record) return {};
        if (!record->is_string())
            return malla::Status{"field_invalid", "record"}.set_info("record: expected the path of a file, a string");
        file_ = ::open(record->as_string().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (file_ < 0) return malla::Status{"not_found"}.set_info("cannot open " + record->as_string());
        return {};
    }

    malla::Json on(EchoValue, malla::Json value) { return begin(), value; }
    std::string on(Text, std::string s) { return begin(), s; }
    double on(Add, double a, double b) { return begin(), a + b; }
    Identity on(WhoAmI) { return begin(), identity_; }
    std::uint64_t on(Count) { return begun_.fetch_add(1); }

    malla::Stream<std::int64_t> on(Numbers, std::int64_t from, std::int64_t to) {
        begin();
        return [from, to, ended = from > to]() mutable -> std::optional<std::int64_t> {
            if (ended) return std::nullopt;
            ended = from == to;
            return ended ? to : from++;
        };
    }

    void on(Sleep, std::uint32_t ms) {
        begin();
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        const malla::CallInfo* call = malla::current_call();
        never.wait_for(lock, call ? call->cancelled : std::stop_token{}, std::chrono::milliseconds{ms},
                       [] { return false; });
    }

    malla::Result<void> on(Fail, std::string status, std::string info) {
        begin();
        return malla::Status{status}.set_info(std::move(info));
    }

    malla::Result<std::vector<std::byte>> on(Bytes, std::uint32_t n) {
        begin();
        if (n > max_bytes) return malla::Status{"parameter_invalid", "n"}.set_info("at most 4194304 bytes");
        std::vector<std::byte> bytes(n);
        for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(i);
        return bytes;
    }

    malla::Result<void> on(Record, std::string id) {
        begin();
        if (file_ < 0) return malla::Status{"not_allowed"}.set_info("the configuration names no file `record`");
        const std::string line = id + ' ' + identity_.name + '\n';
        if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            return malla::Status{"internal_error"};
        return {};
    }

private:
    static constexpr std::uint32_t max_bytes = 4 * 1024 * 1024;

    void begin() noexcept { begun_.fetch_add(1); }

    std::atomic<std::uint64_t> begun_ = 0;
    int file_ = -1;
    Identity identity_;
};
