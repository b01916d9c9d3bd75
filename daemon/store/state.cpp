#include "daemon/store/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/store/checksum.hpp"
#include "daemon/store/schema.hpp"

namespace gengfu::store {
namespace {

constexpr std::array kNames{"state.db", "state.db.copy"};
constexpr int kStateCheckpointPages = 64;  // 256 KiB: the whole state is seldom larger

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
    if (Result<void> done = state.settle(std::move(opened), troubles); !done) {
        return pass(done);
    }
    if (Result<void> done = state.load(); !done) {
        return pass(done);
    }
    return state;
}

Result<void> State::settle(std::array<Result<StateFile>, 2> opened, std::vector<std::string>& troubles) {
    for (Result<StateFile>& file : opened) {
        if (!file && !unreadable(file)) {
            return pass(file);  // the disk, not the file: setting it aside would lose what is good
        }
    }
    const std::size_t better =
        !opened[0] || (opened[1] && opened[1]->generation() > opened[0]->generation()) ? 1 : 0;
    const std::size_t other = 1 - better;
    // A good copy of generation 0 beside an unreadable one has just been made: nothing to mend the other
    // from.
    if (!opened[better] || (!opened[other] && opened[better]->generation() == 0)) {
        const std::size_t bad = opened[better] ? other : better;
        if (!damaged(opened[bad]) && !(!opened[better] && damaged(opened[other]))) {
            return pass(opened[bad]);
        }
        Error why = opened[bad].error();
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            opened[i] = fail(Errc::kCorrupt, "");  // closes it
            if (Result<std::string> aside = folder_->set_aside(kNames[i]); !aside) {
                return pass(aside);
            }
        }
        return fail(Errc::kCorrupt,
                    fmt::format("both copies of state.db are damaged and have been set aside: {}", why.what));
    }
    StateFile& good = copies_[better].file.emplace(std::move(*opened[better]));
    if (!opened[other]) {
        const Error why = opened[other].error();
        return replace(copies_[other], good, why, troubles);
    }
    StateFile& mended = copies_[other].file.emplace(std::move(*opened[other]));
    return mended.generation() == good.generation() ? Result<void>{} : mended.copy_from(good);
}

Result<void> State::replace(Copy& bad, StateFile& good, const Error& why,
                            std::vector<std::string>& troubles) {
    Result<std::string> aside = folder_->set_aside(bad.name);
    if (!aside) {
        return pass(aside);
    }
    troubles.push_back(fmt::format("{} is damaged and was set aside as {}; its other copy is used ({})",
                                   bad.name, folder_->path(*aside), why.what));
    Result<StateFile> made = StateFile::open(folder_->path(bad.name));
    if (!made) {
        return pass(made);
    }
    bad.file.emplace(std::move(*made));
    return bad.file->copy_from(good);
}

Result<void> State::load() {
    generation_ = copies_[0].file->generation();
    return copies_[0].file->visit([this](std::string_view name, std::string_view value) {
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
    return std::min(copies_[0].version, copies_[1].version) < version_;
}

bool State::in_both(const std::string& name) const {
    const auto row = rows_.find(name);
    return row == rows_.end() || row->second.version <= std::min(copies_[0].version, copies_[1].version);
}

State::Copy& State::older() {
    return copies_[copies_[1].version < copies_[0].version ? 1 : 0];
}

Result<void> State::write_older() {
    return write(older());
}

Result<void> State::write_both() {
    if (Result<void> done = write(older()); !done) {
        return done;
    }
    return behind() ? write(older()) : Result<void>{};
}

Result<void> State::write(Copy& copy) {
    if (!copy.file) {
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
    Result<StateFile> opened = StateFile::open(folder_->path(copy.name));
    const bool usable = opened && opened->generation() != 0;
    if (!usable && !(opened || unreadable(opened))) {
        return pass(opened);
    }
    if (!usable) {  // damaged while we ran: begin it anew from the other, which has at least what it had
        opened = fail(Errc::kCorrupt, "");
        if (Result<std::string> aside = folder_->set_aside(copy.name); !aside) {
            return pass(aside);
        }
        opened = StateFile::open(folder_->path(copy.name));
        if (!opened) {
            return pass(opened);
        }
        if (!other.file) {
            return fail(Errc::kIo, fmt::format("{}: neither copy can be read", folder_->path(copy.name)));
        }
        if (Result<void> done = opened->copy_from(*other.file); !done) {
            return done;
        }
        copy.version = other.version;
    }
    copy.file.emplace(std::move(*opened));
    return {};
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
        if (copy.file && copy.file->wal_pages() >= kStateCheckpointPages) {
            return copy.file->checkpoint();  // the other one another time
        }
    }
    return {};
}

std::uint64_t State::bytes(const Folder& folder) const {
    std::uint64_t bytes = 0;
    for (const Copy& copy : copies_) {
        bytes += folder.bytes(copy.name) + 2 * folder.wal_bytes(copy.name);
    }
    return bytes;
}

}  // namespace gengfu::store
