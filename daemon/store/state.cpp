#include "daemon/store/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/store/checksum.hpp"
#include "daemon/store/schema.hpp"

namespace gengfu::store {
namespace {

constexpr std::array kNames{"state.db", "state.db.copy"};
constexpr std::uint64_t kStateCheckpointBytes = 256U << 10U;  // the whole state is seldom larger

bool damaged(const Result<StateFile>& file) {
    return !file && file.error().code == Errc::kCorrupt;
}
// A version from the future in one copy alone is a flipped bit: both are always written by the same release.
bool unreadable(const Result<StateFile>& file) {
    return damaged(file) || (!file && file.error().code == Errc::kInvalid);
}

}  // namespace

State::State(const Folder& folder) : folder_(&folder) {
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        copies_[i].name = kNames[i];
    }
}

Result<State> State::open(const Folder& folder, std::vector<std::string>& troubles) {
    State state(folder);
    std::array<Result<StateFile>, 2> opened{StateFile::open(folder.path(kNames[0])),
                                            StateFile::open(folder.path(kNames[1]))};
    const bool none_opens =
        !opened[0] && !opened[1] && of_disk(opened[0].error()) && of_disk(opened[1].error());
    Result<void> done =
        none_opens ? state.settle_in_memory(troubles) : state.settle(std::move(opened), troubles);
    if (!done) {
        return pass(done);
    }
    return state;
}

Result<void> State::settle(std::array<Result<StateFile>, 2> opened, std::vector<std::string>& troubles) {
    const auto generation = [&](std::size_t i) { return opened[i] ? opened[i]->generation() : 0; };
    const std::size_t newer = generation(1) > generation(0) ? 1 : 0;
    if (generation(newer) == 0) {
        return begin_anew(std::move(opened), troubles);
    }
    StateFile& good = copies_[newer].file.emplace(std::move(*opened[newer]));
    if (Result<void> done = load(good); !done) {
        return done;
    }
    return keep(copies_[1 - newer], std::move(opened[1 - newer]), good, troubles);
}

// The disk takes nothing, but a gateway that stands still watches nobody.
Result<void> State::settle_in_memory(std::vector<std::string>& troubles) {
    std::optional<StateFile> newest;
    for (Copy& copy : copies_) {
        if (!folder_->has(copy.name)) {
            continue;  // made by the first write
        }
        Result<StateFile> file = StateFile::view(folder_->path(copy.name));
        if (!file && !unreadable(file)) {
            return pass(file);
        }
        if (!file) {
            troubles.push_back(fmt::format("{} is damaged ({})", copy.name, file.error().what));
            continue;
        }
        copy.seen = file->content();
        if (!newest || file->generation() > newest->generation()) {
            newest.emplace(std::move(*file));
        }
    }
    if (!newest || newest->generation() == 0) {
        return {};
    }
    for (Copy& copy : copies_) {
        copy.stale = copy.seen != newest->content();
    }
    return load(*newest);
}

// Neither copy has anything: a new store, or one that has lost both.
Result<void> State::begin_anew(std::array<Result<StateFile>, 2> opened, std::vector<std::string>& troubles) {
    for (Result<StateFile>& file : opened) {
        if (!file && !unreadable(file)) {
            return pass(file);  // the disk, not the file: setting it aside would lose what may be good
        }
    }
    if (opened[0] && opened[1]) {
        copies_[0].file.emplace(std::move(*opened[0]));
        copies_[1].file.emplace(std::move(*opened[1]));
        return {};
    }
    Result<StateFile>& bad = damaged(opened[0]) || opened[1] ? opened[0] : opened[1];
    if (!damaged(bad)) {
        return pass(bad);
    }
    const Error why = bad.error();
    std::string names;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        opened[i] = fail(Errc::kCorrupt, "");  // closes it
        Result<std::string> aside = folder_->set_aside(kNames[i]);
        if (!aside) {
            return pass(aside);
        }
        names += (names.empty() ? "" : " and ") + *aside;
        opened[i] = StateFile::open(folder_->path(kNames[i]));
        if (!opened[i]) {
            return pass(opened[i]);
        }
        copies_[i].file.emplace(std::move(*opened[i]));
    }
    // A gateway that stands still watches nobody.
    troubles.push_back(fmt::format(
        "both copies of state.db are damaged and were set aside as {} ({}); a new one is begun: alarms are "
        "taken up from events.db, what is stored is sent again",
        names, why.what));
    return {};
}

Result<void> State::keep(Copy& copy, Result<StateFile> opened, const StateFile& good,
                         std::vector<std::string>& troubles) {
    if (unreadable(opened)) {
        Result<std::string> aside = folder_->set_aside(copy.name);
        if (!aside) {
            return pass(aside);
        }
        troubles.push_back(fmt::format("{} is damaged and was set aside as {}; its other copy is used ({})",
                                       copy.name, folder_->path(*aside), opened.error().what));
    } else if (!opened) {
        troubles.push_back(
            fmt::format("{} cannot be used, its other copy is: {}", copy.name, opened.error().what));
    }
    copy.stale = !opened || opened->content() != good.content();
    if (opened) {
        copy.file.emplace(std::move(*opened));
    }
    if (copy.stale) {
        static_cast<void>(reopen(copy));  // if not now, then at the next writing
    }
    return {};
}

Result<void> State::load(StateFile& good) {
    generation_ = good.generation();
    return good.visit([this](std::string_view name, std::string_view value) {
        const std::uint64_t hash = row_hash(name, value);
        digest_ += hash;
        rows_[std::string(name)] = {hash, 0, std::string(value)};
    });
}

std::optional<std::string> State::take(const std::string& name) {
    const auto row = rows_.find(name);
    return row == rows_.end() ? std::nullopt : std::exchange(row->second.value, std::nullopt);
}

void State::visit(std::string_view begin,
                  const std::function<void(const std::string&, std::string_view)>& visit) {
    for (auto row = rows_.lower_bound(std::string(begin));
         row != rows_.end() && row->first.starts_with(begin); ++row) {
        if (row->second.value) {
            visit(row->first, *row->second.value);
        }
    }
}

void State::set(const std::string& name, std::string value) {
    const std::uint64_t hash = row_hash(name, value);
    Row& row = rows_[name];
    if (row.hash == hash) {
        return;
    }
    digest_ += hash - row.hash;
    row = {hash, ++version_, std::move(value)};
}

void State::erase(const std::string& name) {
    const auto row = rows_.find(name);
    if (row != rows_.end() && row->second.hash != 0) {
        digest_ -= row->second.hash;
        row->second = {0, ++version_, std::nullopt};
    }
}

std::uint64_t State::newest_version() const {
    return std::max(copies_[0].version, copies_[1].version);
}

bool State::behind() const {
    return copies_[0].stale || copies_[1].stale ||
           std::min(copies_[0].version, copies_[1].version) < version_;
}

std::optional<std::uint64_t> State::version_in_both() const {
    if (copies_[0].stale || copies_[1].stale) {
        return std::nullopt;
    }
    return std::min(copies_[0].version, copies_[1].version);
}

std::size_t State::older() const {
    return copies_[1].stale || (!copies_[0].stale && copies_[1].version < copies_[0].version) ? 1 : 0;
}

Result<void> State::write_older() {
    const std::size_t first = older();
    Result<void> done = write(copies_[first]);
    return done ? done : write(copies_[1 - first]);
}

Result<void> State::write_both() {
    Result<void> done = write_older();
    kill_point("between-copies");
    if (done && behind()) {
        static_cast<void>(write(copies_[older()]));
    }
    return done;
}

Result<void> State::write(Copy& copy) {
    if (!copy.file || copy.stale) {
        if (Result<void> done = reopen(copy); !done) {
            return done;
        }
    }
    std::vector<StateFile::Change> changes;
    for (const auto& [name, row] : rows_) {
        if (row.version > copy.version) {
            changes.push_back({name, row.value ? std::optional<std::string_view>(*row.value) : std::nullopt});
        }
    }
    Result<void> done = copy.file->write(changes, generation_ + 1, digest_);
    if (!done) {
        if (done.error().code != Errc::kFull) {
            copy.file.reset();  // a card that was pulled and put back needs a new handle
        }
        return done;
    }
    ++generation_;
    copy.version = version_;
    drop_written();
    return {};
}

Result<void> State::reopen(Copy& copy) {
    Copy& other = copies_[&copy == copies_.data() ? 1 : 0];
    if (!copy.file) {
        Result<StateFile> opened = StateFile::open(folder_->path(copy.name));
        if (unreadable(opened)) {  // damaged while we ran, and we have its content elsewhere
            if (Result<std::string> aside = folder_->set_aside(copy.name); !aside) {
                return pass(aside);
            }
            opened = StateFile::open(folder_->path(copy.name));
        }
        if (!opened) {
            return pass(opened);
        }
        if (copy.seen && *copy.seen != opened->content()) {
            return fail(Errc::kIo,
                        fmt::format("{}: has changed since the start; start gengfud anew to go by it",
                                    folder_->path(copy.name)));
        }
        copy.seen.reset();
        copy.stale = copy.stale || (opened->generation() == 0 && generation_ != 0);
        copy.file.emplace(std::move(*opened));
    }
    if (!copy.stale) {
        return {};
    }
    if (!other.file) {
        return fail(Errc::kIo, fmt::format("{}: neither copy can be read", folder_->path(copy.name)));
    }
    Result<void> done = copy.file->copy_from(*other.file);
    if (done) {
        copy.version = other.version;
        copy.stale = false;
    }
    return done;
}

void State::drop_written() {
    const std::uint64_t everywhere = std::min(copies_[0].version, copies_[1].version);
    for (auto at = rows_.begin(); at != rows_.end();) {
        Row& row = at->second;
        if (row.version <= everywhere) {
            row.value.reset();
        }
        at = row.version <= everywhere && row.hash == 0 ? rows_.erase(at) : std::next(at);
    }
}

Result<void> State::checkpoint() {
    for (Copy& copy : copies_) {
        if (copy.file && copy.file->log_bytes() >= kStateCheckpointBytes) {
            return copy.file->checkpoint();  // the other one another time
        }
    }
    return {};
}

std::uint64_t State::bytes(const Folder& folder) const {
    std::uint64_t bytes = 0;
    for (const Copy& copy : copies_) {
        bytes += folder.bytes(copy.name) + folder.wal_bytes(copy.name);
        bytes += copy.file ? copy.file->log_bytes() : 0;
    }
    return bytes;
}

}  // namespace gengfu::store
