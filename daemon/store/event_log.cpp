#include "daemon/store/event_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/store/schema.hpp"

namespace gengfu::store {
namespace {

constexpr const char* kName = "events.db";

std::size_t size_of(const EventLog::Waiting& event) {
    return event.record.bytes.size() + event.state.size();
}

}  // namespace

Result<EventLog> EventLog::open(const Folder& folder, std::vector<std::string>& troubles) {
    EventLog log(folder);
    Result<void> done = log.ensure_open(troubles);
    if (!done && of_disk(done.error())) {
        done = log.look_at_it();
    }
    if (!done) {
        return pass(done);
    }
    return log;
}

Result<void> EventLog::ensure_open(std::vector<std::string>& troubles) {
    if (std::exchange(reopen_, false) || std::exchange(viewing_, false)) {
        file_.reset();
    }
    if (file_) {
        return {};
    }
    Result<RecordFile> opened = RecordFile::open(folder_->path(kName), Stream::kEvent);
    if (!opened && (opened.error().code == Errc::kCorrupt || opened.error().code == Errc::kInvalid)) {
        // Of a version from the future too: state.db, checked before, is not, so this is damage. It is kept.
        if (Result<void> done = set_aside(opened.error(), troubles); !done) {
            return done;
        }
        opened = RecordFile::open(folder_->path(kName), Stream::kEvent);
    }
    if (!opened) {
        static_cast<void>(of_disk(opened.error()) ? look_at_it() : Result<void>{});
        return pass(opened);
    }
    file_.emplace(std::move(*opened));
    measure();
    return {};
}

// What was committed before the disk failed can be sent all the same.
Result<void> EventLog::look_at_it() {
    if (file_ || !folder_->has(kName)) {
        return {};
    }
    Result<RecordFile> view = RecordFile::open_view(folder_->path(kName), Stream::kEvent);
    if (!view) {
        // A damaged one is set aside when the disk takes that.
        return of_disk(view.error()) ? Result<void>(pass(view)) : Result<void>{};
    }
    file_.emplace(std::move(*view));
    viewing_ = true;
    measure();
    return {};
}

Result<void> EventLog::replace(const Error& why, std::vector<std::string>& troubles) {
    Result<void> done = set_aside(why, troubles);
    return done ? ensure_open(troubles) : done;
}

Result<void> EventLog::set_aside(const Error& why, std::vector<std::string>& troubles) {
    if (file_) {
        lost_.insert(lost_.end(), file_->spans().begin(), file_->spans().end());
        file_.reset();
    }
    Result<std::string> aside = folder_->set_aside(kName);
    if (!aside) {
        return pass(aside);
    }
    troubles.push_back(
        fmt::format("events.db is damaged and was set aside as {} ({})", folder_->path(*aside), why.what));
    measure();
    return {};
}

void EventLog::add(Waiting event) {
    waiting_bytes_ += size_of(event);
    waiting_.push_back(std::move(event));
    const Key key = waiting_.back().key;
    SequenceRange& extent =
        extents_.try_emplace(start_of(key), SequenceRange{sequence_of(key), 0}).first->second;
    extent.last = sequence_of(key);
}

Result<void> EventLog::commit(Day today, std::vector<std::string>& troubles) {
    Result<void> done = ensure_open(troubles);
    if (done) {
        done = write(today);
    }
    if (!done && file_ && done.error().code == Errc::kCorrupt) {
        const Error why = done.error();
        done = replace(why, troubles);
        if (done) {
            done = write(today);
        }
    }
    if (!done) {
        reopen_ = done.error().code == Errc::kIo;  // a card that was pulled and put back needs a new handle
        return done;
    }
    for (std::size_t count = next_count(); count > 0; --count) {
        waiting_bytes_ -= size_of(waiting_.front());
        const Store::Done answer = std::move(waiting_.front().done);
        waiting_.pop_front();
        if (answer) {
            answer({});
        }
    }
    return {};
}

std::size_t EventLog::next_count() const {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const Waiting& event : waiting_) {
        bytes += size_of(event);
        if (count > 0 && bytes > kMostAtOnce) {
            break;
        }
        ++count;
    }
    return count;
}

std::size_t EventLog::next_bytes() const {
    std::size_t bytes = 0;
    for (std::size_t i = next_count(); i-- > 0;) {
        bytes += size_of(waiting_[i]);
    }
    return bytes;
}

Result<void> EventLog::write(Day today) {
    std::vector<RecordFile::Row> rows;
    const std::size_t count = next_count();
    rows.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        rows.push_back({waiting_[i].key, &waiting_[i].record, waiting_[i].state, today});
    }
    return file_->append(rows);
}

void EventLog::answer(const Error& failure) {
    for (Waiting& event : waiting_) {
        if (event.done) {
            std::exchange(event.done, nullptr)(fail(failure.code, failure.what));
        }
    }
}

std::vector<Key> EventLog::shed() {
    std::vector<Key> given_up;
    while (waiting_.size() > kMostWaiting || waiting_bytes_ > kMostWaitingBytes) {
        waiting_bytes_ -= size_of(waiting_.back());
        given_up.push_back(waiting_.back().key);
        waiting_.pop_back();
    }
    return given_up;
}

Result<RecordFile::Read> EventLog::read(Key first, Key last, Budget budget) {
    if (!file_ && folder_->has(kName)) {
        return fail(Errc::kIo, fmt::format("{}: cannot be opened at present", folder_->path(kName)));
    }
    RecordFile::Read result;
    result.next = first;
    const Key in_memory = waiting_.empty() ? last + 1 : waiting_.front().key;
    if (file_ && first < in_memory) {
        Result<RecordFile::Read> read = file_->read(first, std::min(last, in_memory - 1), budget);
        if (!read || read->more) {
            return read;
        }
        result = std::move(*read);
    }
    std::size_t bytes = 0;
    for (const Waiting& event : waiting_) {
        if (event.key < first || event.key > last) {
            continue;
        }
        if (result.records.size() >= budget.records || bytes >= budget.bytes) {
            result.next = event.key;
            result.more = true;
            return result;
        }
        bytes += event.record.bytes.size();
        result.records.push_back(event.record);
    }
    result.next = last + 1;
    return result;
}

Result<RecordFile::States> EventLog::states_after(Key key, std::size_t most_bytes) {
    return file_ ? file_->states_after(key, most_bytes) : Result<RecordFile::States>{};
}

Result<std::optional<Key>> EventLog::oldest(std::size_t count, Key limit, std::optional<Day> before) {
    return file_ ? file_->oldest(count, limit, before) : Result<std::optional<Key>>(std::nullopt);
}

Result<void> EventLog::erase_through(Key last) {
    Result<void> done = file_ ? file_->erase_through(last) : Result<void>{};
    measure();
    return done;
}

Result<bool> EventLog::give_back() {
    return file_ ? file_->give_back() : Result<bool>(false);
}

const std::map<std::uint64_t, Epoch>& EventLog::epochs() const {
    static const std::map<std::uint64_t, Epoch> kNone;
    return file_ ? file_->epochs() : kNone;
}

std::vector<Span> EventLog::take_lost() {
    return std::exchange(lost_, {});
}

std::uint64_t EventLog::log_bytes() const {
    return file_ ? file_->log_bytes() : 0;
}

Result<void> EventLog::checkpoint() {
    return file_ ? file_->checkpoint() : Result<void>{};
}

std::uint64_t EventLog::bytes() const {
    return folder_->bytes(kName) + 2 * folder_->wal_bytes(kName);
}

void EventLog::measure() {
    extents_.clear();
    if (file_) {
        for (const Span& span : file_->spans()) {
            extents_[span.start] = {span.first, span.last};
        }
    }
    for (const Waiting& event : waiting_) {
        SequenceRange& extent =
            extents_.try_emplace(start_of(event.key), SequenceRange{sequence_of(event.key), 0}).first->second;
        extent.last = sequence_of(event.key);
    }
}

}  // namespace gengfu::store
