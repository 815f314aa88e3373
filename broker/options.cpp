// SPDX-License-Identifier: Apache-2.0
#include "broker/options.hpp"

#include "malla/base/version.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <utility>

namespace malla::broker {

namespace {

constexpr auto default_endpoint = "tcp://127.0.0.1:6255";
constexpr auto examples = R"(
A broker lets the nodes of several machines find each other. Nodes of one machine need none. It passes on calls
between those that cannot connect to each other, with at most 16 MiB waiting for one that does not read.

Examples:
  malla-broker
      serves this machine at tcp://127.0.0.1:6255
  malla-broker --bind tcp://10.0.0.5:7000 --insecure
      serves the network of 10.0.0.5; nodes join with: malla --broker tcp://10.0.0.5:7000 ...
  malla-broker --bind tcp://0.0.0.0:7000 --sub-port 7001 --insecure
      uses fixed ports only, for a firewall
  malla-broker --bind tcp://10.0.0.5:7000 --no-relay --insecure
      lets nodes find each other, and takes no part in calls
  malla-broker --config /etc/malla/broker.toml
      the same keys in a file: bind = ["tcp://10.0.0.5:7000"]

Exit status: 0 ended by a signal, 1 standard output cannot be written, 2 usage,
5 credentials are required, 6 cannot bind.)";

const std::map<std::string, LogFormat> log_formats{{"text", LogFormat::text}, {"json", LogFormat::json}};

/// What the command line did not say, and the environment says as it does to all programs of Malla.
void take_environment(Options& options, const CLI::App& app) {
    const auto take = [](auto& into, const char* name) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') into = value;
    };
    if (app.count("--secret-file") == 0 && app.count("--key-file") == 0) {
        take(options.credentials.secret, "MALLA_SECRET_FILE");
        take(options.credentials.key, "MALLA_KEY_FILE");
    }
    if (app.count("--allow") == 0) take(options.credentials.allow, "MALLA_ALLOW");
    if (app.count("--cluster") == 0) take(options.cluster, "MALLA_CLUSTER");
}

/// Nothing where nothing was said.
Result<void> read_log_format(const std::string& said, const std::string& place, Options& options) {
    const auto format = log_formats.find(said);
    if (format != log_formats.end()) options.log_format = format->second;
    else if (!said.empty()) return Status{"bad_request"}.set_info(place + " is text or json, not '" + said + "'");
    return {};
}

/// What neither the command line nor the environment said is taken from the file.
Result<void> complete(Options& options, const CLI::App& app, const std::string& path) {
    auto read = read_config(path);
    if (!read) return std::move(read).error();
    const auto given = [&](const char* name) { return app.count(name) != 0; };
    if (!given("--bind")) options.bind = read->bind;
    if (read->cluster && options.cluster == Options{}.cluster) options.cluster = *read->cluster;
    if (options.credentials.secret.empty() && options.credentials.key.empty()) {
        options.credentials.secret = read->secret_file.value_or("");
        options.credentials.key = read->key_file.value_or("");
    }
    if (read->allow && options.credentials.allow.empty()) options.credentials.allow = *read->allow;
    if (read->insecure && !given("--insecure")) options.insecure = *read->insecure;
    if (read->no_relay && !given("--no-relay")) options.relays = !*read->no_relay;
    if (read->pub_port && !given("--pub-port")) options.pub_port = *read->pub_port;
    if (read->sub_port && !given("--sub-port")) options.sub_port = *read->sub_port;
    if (given("--log-format")) return {};
    return read_log_format(read->log_format.value_or(""), path + ": log-format", options);
}

int usage(const std::string& text) {
    std::cerr << "malla-broker: " << text << "\nRun malla-broker --help for more.\n";
    return static_cast<int>(ExitCode::usage);
}

} // namespace

std::variant<Options, int> read_options(int argc, char** argv) {
    CLI::App app{"Where the nodes of a Malla mesh meet.", "malla-broker"};
    Options options;
    std::string config;
    app.add_option("--bind", options.bind, "Endpoint to serve at, repeatable [tcp://127.0.0.1:6255]")
        ->type_name("ENDPOINT")
        ->expected(1)
        ->take_all();
    app.add_option("--config", config, "Options from a TOML or JSON file; the command line wins")->type_name("FILE");
    app.add_option("--cluster", options.cluster, "Nodes of other clusters are refused [malla; MALLA_CLUSTER]")
        ->type_name("NAME");
    app.add_option("--secret-file", options.credentials.secret,
                   "The secret of the cluster: everything is encrypted [MALLA_SECRET_FILE]")
        ->type_name("FILE");
    app.add_option("--key-file", options.credentials.key,
                   "An own key pair instead, as `malla keygen` makes it [MALLA_KEY_FILE]")
        ->type_name("FILE");
    app.add_option("--allow", options.credentials.allow,
                   "The keys that are let in, with --key-file; SIGHUP re-reads it [MALLA_ALLOW]")
        ->type_name("FILE");
    app.add_flag("--insecure", options.insecure, "Bind where other machines reach it, without credentials");
    bool no_relay = false;
    app.add_flag("--no-relay", no_relay, "Pass on no calls between nodes that cannot reach each other");
    app.add_option("--pub-port", options.pub_port, "Accepted and not used: nodes publish where they meet, at --bind")
        ->type_name("N");
    app.add_option("--sub-port", options.sub_port, "Port where nodes listen [chosen by the system]")->type_name("N");
    std::string log_format;
    app.add_option("--log-format", log_format, "text or json, on standard error [text]")->type_name("FORMAT");
    app.set_version_flag("--version", "malla-broker " + std::string{library_version()});
    app.footer(examples);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        const int code = app.exit(asked);
        if (std::cout.flush()) return code;
        std::cerr << "malla-broker: Cannot write standard output\n";
        return static_cast<int>(ExitCode::error_status);
    } catch (const CLI::ParseError& error) {
        return usage(error.what());
    }
    options.relays = !no_relay;
    take_environment(options, app);
    if (!config.empty())
        if (auto completed = complete(options, app, config); !completed) return usage(completed.error().info());
    if (auto read = read_log_format(log_format, "--log-format", options); !read) return usage(read.error().info());
    if (options.bind.empty()) options.bind = {default_endpoint};
    return options;
}

} // namespace malla::broker
