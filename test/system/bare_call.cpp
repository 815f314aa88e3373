// SPDX-License-Identifier: Apache-2.0
// What a call costs that knows everything before: `bare_call ENDPOINT FRAME` sends a frame, given in hexadecimal, to
// a node with libzmq alone, and ends when the answer is there; 1 if it is none.
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <zmq.h>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string_view digits = argv[2];
    std::string frame;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        frame.push_back(static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16)));
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_DEALER);
    std::string answer(4096, '\0');
    const bool answered = zmq_connect(socket, argv[1]) == 0 && zmq_send(socket, frame.data(), frame.size(), 0) >= 0 &&
                          zmq_recv(socket, answer.data(), answer.size(), 0) > 3 && answer[3] == '\x11';
    zmq_close(socket);
    zmq_ctx_term(context);
    return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
