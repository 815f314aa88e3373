// SPDX-License-Identifier: Apache-2.0
// The contract of a service for trying things out.
#pragma once

#include "malla/base/json.hpp"
#include "malla/chain/api.hpp"
#include "malla/chain/stream.hpp"
#include "malla/codec/field.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Who answered.
struct Identity {
    std::string id;
    std::string name;
    std::int64_t pid = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("id", id), malla::field("name", name), malla::field("pid", pid));
    }
};

/// Gives back what it was given, any JSON value.
struct EchoValue : malla::Callback<"echo(value)", malla::Json(malla::Json)> {};
/// The same for a string.
struct Text : malla::Callback<"text(s)", std::string(std::string)> {};
/// Answers after so many milliseconds, or when nobody waits any more.
struct Sleep : malla::Callback<"sleep(ms)", void(std::uint32_t)> {};
/// Answers with that error status.
struct Fail : malla::Callback<"fail(status, info)", void(std::string, std::string)> {};
/// So many bytes, counting up from 0 and around.
struct Bytes : malla::Callback<"bytes(n)", std::vector<std::byte>(std::uint32_t)> {};
/// How many handlers of this instance have begun, this one left out.
struct Count : malla::Callback<"count()", std::uint64_t()> {};
/// Appends the id and the name of the node to the file that the configuration names as `record`.
struct Record : malla::Callback<"record(id)", void(std::string)> {};
/// The node that answers.
struct WhoAmI : malla::Callback<"whoami()", Identity()> {};
/// The whole numbers from `from` to `to`, one after another.
struct Numbers : malla::Callback<"numbers(from, to)", malla::Stream<std::int64_t>(std::int64_t, std::int64_t)> {};
/// The sum.
struct Add : malla::Callback<"add(a, b)", double(double, double)> {};

struct EchoApi : malla::Api<"Echo", EchoValue, Text, Sleep, Fail, Bytes, Count, Record, WhoAmI, Add, Numbers> {};
