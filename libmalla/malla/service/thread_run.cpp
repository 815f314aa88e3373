// SPDX-License-Identifier: Apache-2.0
#include "malla/service/thread_run.hpp"

#include "malla/base/thread.hpp"
#include "malla/service/once.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

namespace malla {

struct ThreadRun::Shared {
    std::function<void(std::stop_token)> body;
    AroundChild around;
    std::stop_source stop;
    std::optional<std::string> crash; ///< read when the thread is joined
    Once ended;

    void run() {
        try {
            if (around) around([this] { body(stop.get_token()); });
            else body(stop.get_token());
        } catch (const std::exception& error) {
            crash = error.what();
        } catch (...) {
            crash = "an exception that is no std::exception";
        }
        // What they captured goes before the next run begins, and on the thread that used it.
        body = nullptr;
        around = nullptr;
        ended.happen();
    }
};

Result<std::unique_ptr<ChildRun>>
ThreadRun::start(const std::string& name, const std::function<void(std::stop_token)>& body, const AroundChild& around) {
    if (!body) return Status{"internal_error"}.set_info("it has nothing to run");
    auto shared = std::make_shared<Shared>();
    if (!shared->ended.is_open()) return Status{"internal_error"}.set_info(std::strerror(errno));
    shared->body = body;
    shared->around = around;
    std::unique_ptr<ThreadRun> run{new ThreadRun{shared}};
    run->thread_ = start_thread(name, [shared = std::move(shared)] { shared->run(); });
    return run;
}

ThreadRun::~ThreadRun() {
    if (!thread_.joinable()) return;
    ask_to_stop();
    thread_.detach();
}

int ThreadRun::ended_descriptor() const noexcept { return shared_->ended.descriptor(); }

void ThreadRun::ask_to_stop() noexcept { shared_->stop.request_stop(); }

std::optional<std::string> ThreadRun::finish() {
    thread_.join();
    return std::move(shared_->crash);
}

} // namespace malla
