// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/line_writer.hpp"
#include "cli/run.hpp"
#include "cli/usage.hpp"
#include "malla/transport/credentials.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace malla::cli {

namespace {

/// A new file that only its owner reads. One that is there stays: a key that is lost cannot be made again.
Result<void> write_new_file(const std::string& path, std::string_view text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    int error = file == -1 ? errno : write_all(file, text);
    if (file != -1 && ::close(file) != 0 && error == 0) error = errno;
    if (error == 0) return {};
    return usage_error("Cannot write " + path + ": " + std::strerror(error),
                       error == EEXIST ? "keys are not overwritten: choose another name" : "choose another folder");
}

} // namespace

int run(const KeygenCommand& command, const Common& common) {
    const auto keys = transport::make_key_pair();
    const std::string text = command.secret ? keys.secret_key + '\n' : transport::key_file_text(keys);
    if (command.file.empty()) return print(text);
    if (auto written = write_new_file(command.file, text); !written) return fail(written.error(), common);
    return command.secret ? 0 : print(keys.public_key + '\n');
}

} // namespace malla::cli
