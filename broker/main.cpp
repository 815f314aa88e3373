// SPDX-License-Identifier: Apache-2.0
#include "broker/options.hpp"

#include "malla/base/json.hpp"
#include "malla/base/log.hpp"
#include "malla/base/process.hpp"
#include "malla/discovery/broker.hpp"
#include "malla/transport/poller.hpp"
#include "malla/transport/port_holder.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <utility>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using malla::broker::LogFormat;
using malla::broker::Options;

spdlog::level::level_enum level_of(malla::LogLevel level) {
    switch (level) {
    case malla::LogLevel::debug: return spdlog::level::debug;
    case malla::LogLevel::info:
    case malla::LogLevel::notice: return spdlog::level::info;
    case malla::LogLevel::warning: return spdlog::level::warn;
    case malla::LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

void log_text(malla::LogLevel level, std::string_view text) noexcept { spdlog::log(level_of(level), text); }

void log_json(malla::LogLevel level, std::string_view text) noexcept {
    if (const auto quoted = malla::Json{text}.dump()) spdlog::log(level_of(level), *quoted);
}

void start_logging(LogFormat format) {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("malla-broker"));
    const bool json = format == LogFormat::json;
    spdlog::set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","text":%v})"
                             : "%Y-%m-%dT%H:%M:%S.%e %l %v");
    malla::set_log_sink(json ? log_json : log_text);
}

/// SIGTERM, SIGINT and SIGHUP as a descriptor.
int open_signals() {
    sigset_t all;
    sigemptyset(&all);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&all, signal);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    return ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// Whether the next signal is SIGHUP, which asks for the keys to be read again.
bool asks_for_keys(int signals) {
    signalfd_siginfo signal{};
    return ::read(signals, &signal, sizeof signal) == sizeof signal && signal.ssi_signo == SIGHUP;
}

void read_keys_again(malla::discovery::Broker& broker, malla::transport::Credentials* credentials,
                     const malla::transport::CredentialFiles& files) {
    if (!credentials) return malla::log(malla::LogLevel::info, "SIGHUP: there are no keys to read again");
    if (auto read = malla::transport::reload_allowed(*credentials, files); !read)
        return malla::log(malla::LogLevel::error, "SIGHUP: " + read.error().info() + "; the former keys stay allowed");
    broker.readmit();
    malla::log(malla::LogLevel::info, "SIGHUP: the allowed keys were read again");
}

int fail(const malla::Status& status) {
    std::cerr << "malla-broker: " << status.info();
    if (status.id() == "address_in_use") {
        const auto endpoint = status.data().find("endpoint");
        const auto holder = endpoint == status.data().end() ? "" : malla::transport::port_holder(endpoint->second);
        if (!holder.empty()) std::cerr << ", by " << holder;
    }
    std::cerr << '\n';
    return static_cast<int>(status.exit_code());
}

int serve(Options options) {
    const int signals = open_signals();
    const auto credentials = malla::transport::load_credentials(options.credentials);
    if (!credentials) return fail(credentials.error());
    malla::transport::Poller poller;
    malla::discovery::Broker::Options broker_options;
    broker_options.endpoints = std::move(options.bind);
    broker_options.subscribe_port = options.sub_port;
    broker_options.cluster = std::move(options.cluster);
    broker_options.credentials = *credentials;
    broker_options.insecure = options.insecure;
    broker_options.relays = options.relays;
    auto broker = malla::discovery::Broker::open(poller, std::move(broker_options));
    if (!broker) return fail(broker.error());
    poller.add(signals, [&] {
        if (asks_for_keys(signals)) read_keys_again(**broker, credentials->get(), options.credentials);
        else poller.stop();
    });
    for (const std::string& endpoint : (*broker)->endpoints()) std::cout << "ready " << endpoint << '\n' << std::flush;
    if (!std::cout) {
        std::cerr << "malla-broker: Cannot write standard output, on which it says that it serves\n";
        return static_cast<int>(malla::ExitCode::error_status);
    }
    poller.run();
    (*broker)->close(100ms);
    ::close(signals);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    malla::open_standard_descriptors(O_RDWR); // who closed one does not want to read it
    auto options = malla::broker::read_options(argc, argv);
    if (const int* code = std::get_if<int>(&options)) return *code;
    start_logging(std::get<Options>(options).log_format);
    return serve(std::get<Options>(std::move(options)));
}
