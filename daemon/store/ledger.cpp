#include "daemon/store/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "daemon/store/ledger_rows.hpp"

namespace gengfu::store {
namespace {

constexpr std::size_t kMostEpochs = 1024;           // the feed reconciles alarms of epochs that we know
constexpr std::size_t kMostAbandonedPlaces = 64;    // beyond these only the count is kept
constexpr std::size_t kMostAbandonedRanges = 4096;  // beyond these too
constexpr std::size_t kMostBooks = 100;
constexpr auto kLeftFor =
    std::chrono::days(7);  // a removed consumer's progress (product contract, Confirmation)

const RangeSet kNothing;

}  // namespace

Ledger::Ledger(State state, const std::vector<std::string>& consumers)
    : state_(std::move(state)), consumers_(consumers), progress_(consumers) {}

Ledger Ledger::read(State state, const std::vector<std::string>& consumers,
                    std::vector<std::string>& troubles) {
    Ledger ledger(std::move(state), consumers);
    bool whole = true;
    for (const auto step : {&Ledger::read_epochs, &Ledger::read_progress, &Ledger::read_abandoned,
                            &Ledger::read_undeclared, &Ledger::read_covered}) {
        whole = (ledger.*step)() && whole;
    }
    if (!whole) {
        troubles.emplace_back("state.db: a row cannot be read and is left out");
    }
    ledger.join_new_consumers(consumers);
    return ledger;
}

bool Ledger::read_epochs() {
    auto epochs = rows::parse_epochs(state_.take(rows::kEpochs).value_or(""));
    if (epochs) {
        epochs_ = std::move(*epochs);
    }
    return epochs.has_value();
}

bool Ledger::read_progress() {
    bool whole = true;
    state_.visit(rows::kConfirmed, [&](const std::string& name, std::string_view value) {
        auto whose = rows::parse_confirmed(name);
        auto ranges = parse_ranges(value);
        whole = whole && whose && ranges;
        if (whose && ranges) {
            progress_.load(whose->first, whose->second, std::move(*ranges));
        }
    });
    return whole;
}

bool Ledger::read_abandoned() {
    const auto count = rows::parse_number(state_.take(rows::kAbandonedCount).value_or("0"));
    bool whole = count.has_value();
    abandoned_count_ = count.value_or(0);
    state_.visit(rows::kAbandoned, [&](const std::string& name, std::string_view value) {
        const auto place =
            rows::parse_place(std::string_view(name).substr(std::string_view(rows::kAbandoned).size()));
        auto ranges = parse_ranges(value);
        whole = whole && place && ranges;
        if (place && ranges) {
            abandoned_[*place] = std::move(*ranges);
        }
    });
    return whole;
}

bool Ledger::read_undeclared() {
    bool whole = true;
    state_.visit(rows::kUndeclared, [&](const std::string& name, std::string_view value) {
        auto kind = rows::parse_undeclared(name);
        auto ranges = parse_ranges(value);
        whole = whole && kind && ranges;
        if (kind && ranges) {
            losses_.load(std::move(*kind), std::move(*ranges));
        }
    });
    return whole;
}

bool Ledger::read_covered() {
    const auto key = rows::parse_number(state_.take(rows::kCovered).value_or("0"));
    books_ = {{0, static_cast<Key>(key.value_or(0))}};
    return key.has_value();
}

void Ledger::join_new_consumers(const std::vector<std::string>& consumers) {
    const std::vector<std::string> before = rows::parse_lines(state_.take(rows::kConsumers).value_or(""));
    for (const std::string& consumer : consumers) {
        if (std::find(before.begin(), before.end(), consumer) == before.end()) {
            progress_.join(consumer, before);
        }
    }
    state_.set(rows::kConsumers, rows::lines(consumers));
}

void Ledger::forget_left_consumers(const std::vector<std::string>& consumers, Wall now) {
    std::map<std::string, std::uint64_t> left;
    state_.visit(rows::kLeft, [&](const std::string& name, std::string_view value) {
        left[name.substr(std::string_view(rows::kLeft).size())] = rows::parse_number(value).value_or(0);
    });
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    for (const std::string& consumer : progress_.consumers_known()) {
        const std::string row = rows::kLeft + consumer;
        if (std::find(consumers.begin(), consumers.end(), consumer) != consumers.end()) {
            state_.erase(row);
        } else if (!left.contains(consumer)) {
            state_.set(row, std::to_string(seconds.count()));
        } else if (seconds - std::chrono::seconds(left[consumer]) > kLeftFor) {
            progress_.forget(consumer);
            state_.erase(row);
        }
    }
}

void Ledger::learn(std::uint64_t start, Epoch epoch) {
    epochs_.try_emplace(start, epoch);
}

void Ledger::begin_run(std::uint64_t start, Epoch epoch, std::optional<Wall> wall) {
    epochs_[start] = epoch;
    while (epochs_.size() > kMostEpochs) {
        epochs_.erase(epochs_.begin());
    }
    state_.set(rows::kEpochs, rows::epochs_text(epochs_));
    if (wall) {
        forget_left_consumers(consumers_, *wall);
    }
}

std::optional<std::uint64_t> Ledger::start_of(Epoch epoch) const {
    // From the newest: nearly all questions are about this run.
    const auto found = std::find_if(epochs_.rbegin(), epochs_.rend(),
                                    [&](const auto& entry) { return entry.second == epoch; });
    return found == epochs_.rend() ? std::nullopt : std::optional(found->first);
}

std::vector<KnownEpoch> Ledger::epochs() const {
    std::vector<KnownEpoch> known;
    for (const auto& [start, epoch] : epochs_) {
        known.push_back({epoch, start, 0});
    }
    return known;
}

std::string Ledger::take_book() {
    return state_.take(rows::kBook).value_or("");
}

std::string Ledger::take_configuration() {
    return state_.take(rows::kConfiguration).value_or("");
}

Key Ledger::covered_surely() {
    const std::optional<std::uint64_t> both = state_.version_in_both();
    while (both && books_.size() > 1 && books_[1].version <= *both) {
        books_.pop_front();
    }
    return both ? books_.front().covers : 0;
}

void Ledger::set_book(std::string book, Key covered) {
    state_.set(rows::kBook, std::move(book));
    state_.set(rows::kCovered, std::to_string(covered));
    books_.push_back({state_.version(), covered});
    covered_surely();  // drops those that are no copy's any more
    if (books_.size() > kMostBooks) {
        books_.erase(books_.begin() + 1);  // the first is what counts while a copy cannot be written
    }
}

void Ledger::set_configuration(std::string packed) {
    state_.set(rows::kConfiguration, std::move(packed));
}

void Ledger::abandon(const Place& place, SequenceRange range, const std::string& reason) {
    const RangeSet& released = progress_.released(place);
    RangeSet& lost = abandoned_[place];
    const std::uint64_t before = abandoned_count_;
    for (auto gap = released.gap(range.first, range.last); gap;
         gap = released.gap(gap->last + 1, range.last)) {
        const std::uint64_t known = lost.count_in(*gap);
        if (known <= gap->last - gap->first) {
            losses_.add({place, reason}, *gap);
        }
        abandoned_count_ += gap->last - gap->first + 1 - known;
        lost.add_within(*gap, kMostAbandonedRanges);
    }
    if (abandoned_count_ == before) {
        return;
    }
    store_losses({place, reason});
    state_.set(rows::kAbandoned + rows::place_text(place), to_text(lost));
    state_.set(rows::kAbandonedCount, std::to_string(abandoned_count_));
    while (abandoned_.size() > kMostAbandonedPlaces) {
        state_.erase(rows::kAbandoned + rows::place_text(abandoned_.begin()->first));
        abandoned_.erase(abandoned_.begin());
    }
}

void Ledger::store_losses(const Losses::Kind& kind) {
    const RangeSet& left = losses_.undeclared(kind);
    if (left.empty()) {
        state_.erase(rows::undeclared_name(kind));
    } else {
        state_.set(rows::undeclared_name(kind), to_text(left));
    }
}

void Ledger::end_run(const Place& place, std::uint64_t last) {
    const Losses::Kind kind{place, kEndOfRun};
    losses_.add(kind, {last + 1, kMaxSequence});
    store_losses(kind);
}

std::vector<Loss> Ledger::take_losses(std::size_t most) {
    std::vector<Loss> out;
    for (const auto& [kind, range] : losses_.take(most)) {
        const auto epoch = epochs_.find(kind.first.start);
        if (epoch != epochs_.end()) {
            out.push_back({epoch->second, kind.first.stream, range, kind.second});
        }
    }
    return out;
}

bool Ledger::declared(const Loss& loss) {
    const std::optional<std::uint64_t> start = start_of(loss.epoch);
    if (!start || !losses_.declared({{*start, loss.stream}, loss.reason}, loss.range)) {
        return false;
    }
    store_losses({{*start, loss.stream}, loss.reason});
    return true;
}

const RangeSet& Ledger::abandoned(const Place& place) const {
    const auto found = abandoned_.find(place);
    return found == abandoned_.end() ? kNothing : found->second;
}

std::vector<Abandoned> Ledger::abandoned() const {
    std::vector<Abandoned> all;
    for (const auto& [place, ranges] : abandoned_) {
        const auto epoch = epochs_.find(place.start);
        if (epoch != epochs_.end()) {
            all.push_back({epoch->second, place.stream, ranges.ranges()});
        }
    }
    return all;
}

void Ledger::forget_before(std::uint64_t start) {
    progress_.forget_before(start);
}

void Ledger::put_changes() {
    for (const Progress::Change& change : progress_.take_changes()) {
        const std::string name = rows::confirmed_name(change.place, change.consumer);
        if (change.gone) {
            state_.erase(name);
        } else {
            state_.set(name, to_text(progress_.of(change.place, change.consumer)));
        }
    }
}

Result<void> Ledger::write() {
    put_changes();
    return state_.behind() ? state_.write_older() : Result<void>{};
}

Result<void> Ledger::mirror() {
    return state_.behind() ? state_.write_older() : Result<void>{};
}

Result<void> Ledger::write_both() {
    put_changes();
    return state_.behind() ? state_.write_both() : Result<void>{};
}

}  // namespace gengfu::store
