#include "daemon/publish/backlog.hpp"

#include <algorithm>
#include <cassert>

namespace gengfu::publish {

void Backlog::restart() {
    after_.reset();
    missed_.reset();
    wanted_ = true;
    fetching_ = false;
    ++number_;  // an answer under way is to an old question
}

void Backlog::missed(std::uint64_t sequence) {
    if (fetching_) {
        missed_ = std::min(missed_.value_or(sequence), sequence);
        return;
    }
    wanted_ = true;
    // This run's epoch is the last: a way that has not come to it needs no turning back.
    if (after_ && after_->epoch == now_ && after_->sequence >= sequence) {
        after_->sequence = sequence - 1;
    }
}

Backlog::Question Backlog::ask() {
    assert(wanted_ && !fetching_);
    fetching_ = true;
    return {++number_, after_};
}

bool Backlog::answered(std::uint64_t number, std::optional<Identity> last, More more) {
    if (!fetching_ || number != number_) {
        return false;
    }
    fetching_ = false;
    wanted_ = more == More::kYes;
    if (last) {
        after_ = last;
    }
    if (missed_) {
        missed(*missed_);
        missed_.reset();
    }
    return true;
}

void Backlog::failed(std::uint64_t number) {
    if (number == number_) {
        fetching_ = false;
        wanted_ = false;
    }
}

}  // namespace gengfu::publish
