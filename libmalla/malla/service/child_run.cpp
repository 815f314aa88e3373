// SPDX-License-Identifier: Apache-2.0
#include "malla/service/child_run.hpp"

#include "malla/service/process_run.hpp"
#include "malla/service/thread_run.hpp"

#include <exception>

namespace malla {

Result<std::unique_ptr<ChildRun>> start_child(const Child& child, const AroundChild& around) {
    try {
        if (child.kind == ChildKind::process) return ProcessRun::start(child.argv, child.options);
        return ThreadRun::start(child.name, child.body, around);
    } catch (const std::exception& error) { // no thread is to be had, or copying what the body captured failed
        return Status{"internal_error"}.set_info(error.what());
    } catch (...) {
        return Status{"internal_error"}.set_info("copying its body failed");
    }
}

} // namespace malla
