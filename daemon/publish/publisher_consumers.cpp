#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/core/plain_text.hpp"
#include "daemon/publish/confirmation.hpp"
#include "daemon/publish/publisher_impl.hpp"

// What consumers say they have, and what they are told that they will never have.
namespace gengfu::publish {

namespace {

constexpr auto kComplainEvery = std::chrono::hours(1);
constexpr std::size_t kMostComplaints = 16;
constexpr std::size_t kShownName = 64;

}  // namespace

void Publisher::Impl::on_confirm(const std::string& payload) {
    kill_point("before-confirm");
    const std::optional<std::string> starting = read_announcement(payload);
    if (starting) {
        delivery_->announced(*starting);
        check_listed(*starting);
    }
    std::vector<Confirmation> confirmations = read_confirmations(payload);
    if (const std::string trouble =
            confirmations.empty() && !starting ? trouble_in_confirm(payload) : std::string();
        !trouble.empty()) {
        complain("confirm", "主题 confirm 上的一条确认未被采用:" + trouble,
                 "a confirmation on the topic confirm is not heeded: " + trouble);
    }
    if (!confirmations.empty()) {
        check_listed(confirmations.front().consumer);
    }
    for (Confirmation& confirmation : confirmations) {
        delivery_->confirmed(confirmation);
        store_->confirm(confirmation.consumer, confirmation.epoch, confirmation.stream,
                        std::move(confirmation.ranges));
    }
}

// It may well be meant so; but a misspelt name holds records for ever.
void Publisher::Impl::check_listed(const std::string& consumer) {
    const std::vector<std::string>& listed = site_->mqtt.confirm;
    if (std::find(listed.begin(), listed.end(), consumer) == listed.end()) {
        const std::string name = to_plain(consumer.substr(0, kShownName));
        complain("consumer " + consumer.substr(0, kShownName),
                 "消费者 \"" + name + "\" 在确认记录,但不在 mqtt.confirm 中,其确认不影响记录的释放",
                 "the consumer \"" + name +
                     "\" confirms, but mqtt.confirm does not name it: what it has is not waited for");
    }
}

// What comes with every message of somebody who errs is told once an hour.
void Publisher::Impl::complain(const std::string& what, const std::string& zh, const std::string& en) {
    const Monotonic now = clock_->now();
    const auto before = complaints_.find(what);
    if (before != complaints_.end() ? now - before->second < kComplainEvery
                                    : complaints_.size() >= kMostComplaints) {
        return;
    }
    complaints_[what] = now;
    notice(Notice::kWarning, zh, en);
}

void Publisher::Impl::declare(const store::Loss& loss) {
    if (stage_ == Stage::kStopped) {
        return;
    }
    declared_[next_event] = loss;
    store::Record record = encoder_.abandoned(next_event, loss);
    ++next_event;
    commit(std::move(record), {}, std::nullopt);
}

void Publisher::Impl::declaration_committed(std::uint64_t sequence) {
    auto said = declared_.extract(sequence);
    if (!said.empty()) {
        store_->declared(std::move(said.mapped()));
    }
}

}  // namespace gengfu::publish
