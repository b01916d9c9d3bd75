#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/publish/confirmation.hpp"
#include "daemon/publish/publisher_impl.hpp"

// What consumers say they have, and what they are told that they will never have.
namespace gengfu::publish {

void Publisher::Impl::on_confirm(const std::string& payload) {
    kill_point("before-confirm");
    if (const std::optional<std::string> starting = read_announcement(payload)) {
        delivery_->announced(*starting);
    }
    for (Confirmation& confirmation : read_confirmations(payload)) {
        delivery_->confirmed(confirmation);
        store_->confirm(confirmation.consumer, confirmation.epoch, confirmation.stream,
                        std::move(confirmation.ranges));
    }
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
