// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/bell.hpp"
#include "cli/commands.hpp"
#include "cli/full_screen.hpp"
#include "cli/top_looker.hpp"
#include "cli/top_model.hpp"
#include "cli/top_view.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace malla::cli {

/// `malla top` on a terminal: draws what is told and does what is typed, until it is to end.
class TopScreenLoop {
public:
    TopScreenLoop(const TopCommand& command, const Common& common, Node& node);

    /// Gives the code that the process ends with.
    [[nodiscard]] int run();

private:
    /// What the looking thread hands over.
    struct Mail {
        std::optional<TopLook> look;
        std::optional<std::string> message;
        std::optional<std::vector<std::string>> overlay;
    };

    [[nodiscard]] std::optional<int> wait();
    void take_mail();
    [[nodiscard]] bool take_keys(); ///< false when it is to end
    void take(const Key& key);
    void take_in_filter(const Key& key);
    void arrange();
    void select(int by);
    void pause_or_resume();
    void show_chain();
    void deliver(Mail mail);
    [[nodiscard]] std::string title() const;

    const TopCommand& command_;
    const Common& common_;
    TopModel model_;
    TopPage page_;
    std::optional<TopRow> chosen_; ///< stays selected wherever it moves
    std::uint64_t looks_ = 0;
    bool ended_ = false;

    std::mutex mutex_;
    Mail mail_; ///< not taken yet
    Bell bell_;
    TopLooker looker_;
    FullScreen screen_; ///< ends first: a look may take a while to end
};

} // namespace malla::cli
