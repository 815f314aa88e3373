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
        calls_.push_back(*wire::encode(call));
        if (!together_) send();
    }
    /// The calls that `make` makes are sent together.
    template <class Make>
    void together(Make make) {
        together_ = true;
        make();
        together_ = false;
        send();
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
    /// The next message.
    transport::Message receive_message() {
        std::vector<transport::Message> inbox;
        socket_->receive(inbox, Deadline::in(std::chrono::seconds{60}), 1);
        return inbox.empty() ? transport::Message{} : std::move(inbox[0]);
    }
    /// Ends it without a word.
    void close() { socket_->close(); }

private:
    void send() {
        EXPECT_TRUE(eventually([&] { return socket_->send_together(calls_) == transport::Sent::sent; }));
        calls_.clear();
    }

    bool together_ = false;
    std::vector<std::string> calls_; ///< that are still to be sent
    std::unique_ptr<transport::Socket> socket_ = *transport::Socket::open(transport::Pattern::dealer);
};

} // namespace malla::test
