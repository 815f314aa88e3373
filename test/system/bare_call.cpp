// SPDX-License-Identifier: Apache-2.0
// What calls cost that know everything before: `bare_call ENDPOINT FRAME [COUNT IN_FLIGHT]` sends a CALL, given in
// hexadecimal, to a node with libzmq alone, COUNT times with an id of its own for each, at most IN_FLIGHT before their
// answers. It ends when all answers are there; with 1 if one is none.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <zmq.h>

namespace {

std::string bytes_of(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16)));
    return bytes;
}

bool send_call(void* socket, std::string& frame, std::uint64_t id) {
    constexpr std::size_t offset_of_id = 8;
    std::memcpy(frame.data() + offset_of_id, &id, sizeof id);
    return zmq_send(socket, frame.data(), frame.size(), 0) >= 0;
}

bool take_reply(void* socket) {
    zmq_msg_t answer;
    zmq_msg_init(&answer);
    const bool is_reply =
        zmq_msg_recv(&answer, socket, 0) > 3 && static_cast<const char*>(zmq_msg_data(&answer))[3] == '\x11';
    zmq_msg_close(&answer);
    return is_reply;
}

bool call(void* socket, std::string frame, std::uint64_t count, std::uint64_t in_flight) {
    std::uint64_t sent = 0;
    for (std::uint64_t answered = 0; answered < count; ++answered) {
        while (sent < count && sent - answered < in_flight)
            if (!send_call(socket, frame, ++sent)) return false;
        if (!take_reply(socket)) return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 5) return 2;
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_DEALER);
    const bool answered =
        zmq_connect(socket, argv[1]) == 0 &&
        call(socket, bytes_of(argv[2]), argc == 5 ? std::stoull(argv[3]) : 1, argc == 5 ? std::stoull(argv[4]) : 1);
    zmq_close(socket);
    zmq_ctx_term(context);
    return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
