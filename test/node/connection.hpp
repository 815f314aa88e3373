// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/node.hpp"
#include "malla/transport/socket.hpp"
#include "malla/wire/call.hpp"
#include "malla/wire/frame.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace malla::test {

/// A connection to a node, of a client that speaks the protocol itself.
class Connection {
public:
    explicit Connection(const Node& node) { EXPECT_TRUE(socket_->connect(node.endpoint())); }

    void call(std::string_view service, std::uint64_t id, std::string_view callback, NodeId origin = NodeId::random(),
              std::string_view body = "[]", bool one_way = false) {
        wire::Call call;
        call.id = id;
        call.origin = origin;
        call.remaining_us = 60'000'000;
        call.content = wire::Content::json;
        call.one_way = one_way;
        call.service = service;
        call.callback = callback;
        call.body = body;
        const auto frame = *wire::encode(call);
        EXPECT_TRUE(eventually([&] { return socket_->send(std::string{frame}) == transport::Sent::sent; }));
    }
    /// What the next answer says.
    std::string receive() {
        std::vector<transport::Message> inbox;
        for (const auto limit = Deadline::in(std::chrono::seconds{60}); socket_->receive(inbox, limit, 1) > 0;) {
            if (const auto reply = wire::decode_reply(inbox[0].bytes())) return std::string{reply->body};
            if (const auto failure = wire::decode_failure(inbox[0].bytes())) return std::string{failure->status.id()};
            inbox.clear(); // such as BYE
        }
        return "nothing";
    }
    /// Ends it without a word.
    void close() { socket_->close(); }

private:
    std::unique_ptr<transport::Socket> socket_ = *transport::Socket::open(transport::Pattern::dealer);
};

} // namespace malla::test
