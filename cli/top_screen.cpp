// SPDX-License-Identifier: Apache-2.0
#include "cli/top_screen.hpp"

#include "cli/exit.hpp"
#include "malla/node/remote.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace malla::cli {

namespace {

const std::vector<std::string> help{"q      quit",
                                    "s      sort by name, calls/s, errors/s,",
                                    "       latency, load",
                                    "/      show only names with this text;",
                                    "       enter keeps it, escape drops it",
                                    "p      pause the selected service or",
                                    "       instance, or resume it",
                                    "arrows select",
                                    "enter  the chain of the selected service",
                                    "?      this; any key goes back"};

std::string whole(double value) { return std::to_string(std::llround(value)); }

CallOptions on_node(const TopRow& row, Clock::duration timeout) {
    CallOptions options = within(timeout);
    options.no_wait = true;
    options.on = row.node_id;
    return options;
}

/// Pauses all of them, or resumes them; says how that went.
std::string set_status(Node& node, const std::vector<TopRow>& rows, AdminStatus status, Clock::duration timeout) {
    std::string failures;
    for (const TopRow& row : rows) {
        const auto set = Remote<admin::Api>{node}.try_call<admin::SetStatus>(on_node(row, timeout), row.service, status,
                                                                             std::string{"malla top"});
        if (!set) failures += (failures.empty() ? "" : "; ") + row.node + ": " + set.error().text();
    }
    if (!failures.empty()) return failures;
    return rows.front().service + (status == AdminStatus::pause ? " is paused" : " is resumed");
}

std::vector<std::string> chain_of(Node& node, const TopRow& row, Clock::duration timeout) {
    std::vector<std::string> lines{"chain of " + row.service + " on " + row.node + ", top first", ""};
    const auto plugins = Remote<admin::Api>{node}.try_call<admin::GetPlugins>(on_node(row, timeout), row.service);
    if (!plugins) lines.push_back(plugins.error().text());
    else
        for (const auto& plugin : *plugins)
            lines.push_back("  " + plugin.name + (plugin.listed ? "" : "  (others depend on it)"));
    lines.insert(lines.end(), {"", "any key goes back"});
    return lines;
}

} // namespace

TopScreenLoop::TopScreenLoop(const TopCommand& command, const Common& common, Node& node)
    : command_{command}, common_{common}, looker_{node, command.every, common.mesh.timeout, [this](TopLook&& look) {
                                                      deliver({std::move(look), {}, {}});
                                                  }} {
    page_.title = title();
}

int TopScreenLoop::run() {
    for (;;) {
        const auto [width, height] = screen_.size();
        const TopScreen drawn{width, height, !process_environment()("NO_COLOR"), has_utf8(process_environment())};
        if (!screen_.draw(top_lines(page_, drawn))) return exit_reader_gone;
        if (const auto code = wait()) return *code;
        if (command_.count > 0 && looks_ > command_.count) return 0;
    }
}

std::optional<int> TopScreenLoop::wait() {
    std::array<pollfd, 3> all{
        {{STDIN_FILENO, POLLIN, 0}, {bell_.descriptor(), POLLIN, 0}, {screen_.signals(), POLLIN, 0}}};
    ::poll(all.data(), all.size(), -1);
    if (!screen_.take_signals()) return exit_interrupted;
    if ((all[0].revents & (POLLHUP | POLLERR)) != 0) return exit_reader_gone;
    if (all[0].revents != 0 && !take_keys()) return 0;
    if (all[1].revents != 0) take_mail();
    return std::nullopt;
}

void TopScreenLoop::deliver(Mail mail) {
    {
        const std::lock_guard lock{mutex_};
        if (mail.look) mail_.look = std::move(mail.look);
        if (mail.message) mail_.message = std::move(mail.message);
        if (mail.overlay) mail_.overlay = std::move(mail.overlay);
    }
    bell_.ring();
}

void TopScreenLoop::take_mail() {
    bell_.silence();
    Mail mail;
    {
        const std::lock_guard lock{mutex_};
        mail = std::exchange(mail_, {});
    }
    if (mail.message) page_.message = *std::move(mail.message);
    if (mail.overlay) page_.overlay = *std::move(mail.overlay);
    if (!mail.look) return;
    ++looks_;
    model_.update(*mail.look);
    arrange();
}

std::string TopScreenLoop::title() const {
    double rate = 0;
    double errors = 0;
    std::size_t services = 0;
    std::size_t nodes = 0;
    for (const TopRow& row : page_.rows) {
        if (row.kind == TopRow::Kind::node) ++nodes;
        if (row.kind != TopRow::Kind::service) continue;
        ++services;
        rate += row.rate();
        errors += row.error_rate();
    }
    return "malla top: " + std::to_string(services) + " services, " + std::to_string(nodes) + " nodes, " + whole(rate) +
           " calls/s, " + whole(errors) + " errors/s";
}

void TopScreenLoop::arrange() {
    page_.rows = model_.rows(page_.sort, page_.filter);
    const auto same = [this](const TopRow& row) { return chosen_ && row.is_same(*chosen_); };
    const auto found = std::ranges::find_if(page_.rows, same);
    if (found != page_.rows.end()) page_.selected = static_cast<std::size_t>(found - page_.rows.begin());
    select(0);
    page_.title = title();
}

void TopScreenLoop::select(int by) {
    const auto last = static_cast<std::ptrdiff_t>(page_.rows.size()) - 1;
    const auto wanted = static_cast<std::ptrdiff_t>(page_.selected) + by;
    page_.selected = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(wanted, 0, std::max<std::ptrdiff_t>(last, 0)));
    if (last >= 0) chosen_ = page_.rows[page_.selected];
}

bool TopScreenLoop::take_keys() {
    std::array<char, 256> bytes;
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got <= 0) return true;
    for (const Key& key : keys_of({bytes.data(), static_cast<std::size_t>(got)})) take(key);
    return !ended_;
}

void TopScreenLoop::take(const Key& key) {
    if (page_.filtering) return take_in_filter(key);
    page_.message.clear();
    if (key.kind == Key::Kind::text && key.text == 'q') ended_ = true;
    else if (!page_.overlay.empty()) page_.overlay.clear();
    else if (key.kind == Key::Kind::up) select(-1);
    else if (key.kind == Key::Kind::down) select(1);
    else if (key.kind == Key::Kind::enter) show_chain();
    else if (key.kind != Key::Kind::text) return;
    else if (key.text == '?') page_.overlay = help;
    else if (key.text == '/') page_.filtering = true;
    else if (key.text == 'p') pause_or_resume();
    else if (key.text == 's') {
        page_.sort = static_cast<TopSort>((static_cast<std::size_t>(page_.sort) + 1) % top_sorts);
        arrange();
    }
}

void TopScreenLoop::take_in_filter(const Key& key) {
    if (key.kind == Key::Kind::text) page_.filter += key.text;
    else if (key.kind == Key::Kind::backspace && !page_.filter.empty()) {
        // A whole character.
        while (page_.filter.size() > 1 && (static_cast<unsigned char>(page_.filter.back()) & 0xC0U) == 0x80U)
            page_.filter.pop_back();
        page_.filter.pop_back();
    } else if (key.kind == Key::Kind::escape) page_.filter.clear();
    if (key.kind == Key::Kind::escape || key.kind == Key::Kind::enter) page_.filtering = false;
    arrange();
}

void TopScreenLoop::pause_or_resume() {
    if (!chosen_ || page_.rows.empty() || chosen_->kind == TopRow::Kind::node) {
        page_.message = "select a service";
        return;
    }
    std::vector<TopRow> rows;
    for (const TopRow& row : model_.instances())
        if (row.is_same(*chosen_) || (chosen_->kind == TopRow::Kind::service && row.service == chosen_->service))
            rows.push_back(row);
    if (rows.empty()) return;
    const AdminStatus wish = std::ranges::all_of(rows, &TopRow::is_at_rest) ? AdminStatus::active : AdminStatus::pause;
    looker_.post([this, rows, wish](Node& node) {
        deliver({{}, set_status(node, rows, wish, common_.mesh.timeout), {}});
    });
}

void TopScreenLoop::show_chain() {
    if (!chosen_ || page_.rows.empty()) return;
    const auto& all = model_.instances();
    const auto row = std::ranges::find_if(all, [this](const TopRow& each) {
        return each.service == chosen_->service && (chosen_->node_id.empty() || each.node_id == chosen_->node_id);
    });
    if (row == all.end()) page_.message = "select a service";
    else
        looker_.post([this, wanted = *row](Node& node) {
            deliver({{}, {}, chain_of(node, wanted, common_.mesh.timeout)});
        });
}

} // namespace malla::cli
