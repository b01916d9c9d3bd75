#include "daemon/store/telemetry_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/store/schema.hpp"

namespace gengfu::store {
namespace {

Key first_key(const TelemetryLog::File& file) {
    return key_of(file.spans.front().start, file.spans.front().first);
}

bool damage(const Error& error) {
    return error.code == Errc::kCorrupt || error.code == Errc::kInvalid;
}

}  // namespace

Result<TelemetryLog> TelemetryLog::open(const Folder& folder, std::optional<Wall> wall,
                                        std::uint64_t part_bytes, std::vector<std::string>& troubles) {
    TelemetryLog log(folder, part_bytes);
    for (const std::string& name : folder.list("telemetry-", ".db")) {
        if (Result<void> done = log.survey(name, troubles); !done) {
            return pass(done);
        }
    }
    std::sort(log.files_.begin(), log.files_.end(),
              [](const File& a, const File& b) { return first_key(a) < first_key(b); });
    if (Result<void> done = log.seal_all_but_today(wall, troubles); !done) {
        return pass(done);
    }
    log.measure();
    return log;
}

Result<void> TelemetryLog::survey(const std::string& name, std::vector<std::string>& troubles) {
    const std::optional<TelemetryName> parsed = parse_telemetry_name(name);
    if (!parsed) {
        return {};  // not one of ours
    }
    // A log beside it: it was being written when the daemon ended, and opening it for writing plays that in.
    const std::string path = folder_->path(name);
    const bool sealed = !folder_->has(name + "-wal") && !folder_->has(name + "-journal");
    Result<RecordFile> file = sealed ? RecordFile::open_sealed(path, Stream::kTelemetry)
                                     : RecordFile::open(path, Stream::kTelemetry);
    if (!file && sealed && file.error().code != Errc::kFull) {
        // A file that was never sealed, or has just been made, cannot be opened for reading alone.
        file = RecordFile::open(path, Stream::kTelemetry);
    }
    if (!file && of_disk(file.error())) {
        file = RecordFile::open_view(path, Stream::kTelemetry);
    }
    if (!file && !damage(file.error())) {
        return pass(file);
    }
    if (!file) {
        const Error why = file.error();
        Result<std::string> aside = folder_->set_aside(name);
        if (!aside) {
            troubles.push_back(aside.error().what);
            return {};  // left where it is: a disk that takes no renaming takes no new part beside it either
        }
        troubles.push_back(
            fmt::format("{} is damaged and was set aside as {} ({})", name, folder_->path(*aside), why.what));
        return {};
    }
    epochs_.insert(file->epochs().begin(), file->epochs().end());
    if (file->spans().empty()) {
        file = fail(Errc::kInterrupted, "");  // closes it
        static_cast<void>(folder_->remove(name));
        return {};
    }
    files_.push_back({name, *parsed, file->spans(), on_disk(name)});
    return {};
}

Result<void> TelemetryLog::seal_all_but_today(std::optional<Wall> wall, std::vector<std::string>& troubles) {
    for (std::size_t at = 0; at < files_.size();) {
        File& file = files_[at];
        const bool newest = at + 1 == files_.size();
        if (newest && wall && file.parsed.day == day_of(*wall)) {
            Result<RecordFile> opened = RecordFile::open(folder_->path(file.name), Stream::kTelemetry);
            if (opened) {
                current_.emplace(std::move(*opened));
            }
            return {};  // if it does not open now, the first flush begins another part
        }
        Result<void> done = folder_->has(file.name + "-wal") ? seal_file(file) : Result<void>{};
        if (!done && damage(done.error())) {
            const Error why = done.error();
            done = replace(at, why, troubles);
            if (!done) {
                return done;
            }
            continue;
        }
        ++at;  // one that cannot be sealed for want of room is sealed another time; it is read as it is
    }
    return {};
}

Result<void> TelemetryLog::seal_file(File& file) {
    Result<RecordFile> opened = RecordFile::open(folder_->path(file.name), Stream::kTelemetry);
    Result<void> done = opened ? opened->seal() : Result<void>(pass(opened));
    file.bytes = on_disk(file.name);
    return done;
}

void TelemetryLog::add(Key key, Record record) {
    buffered_bytes_ += record.bytes.size();
    buffer_.push_back({key, std::move(record)});
    SequenceRange& extent =
        extents_.try_emplace(start_of(key), SequenceRange{sequence_of(key), 0}).first->second;
    extent.last = sequence_of(key);
}

Result<TelemetryLog::Flushed> TelemetryLog::flush(std::optional<Wall> wall, std::uint64_t start,
                                                  std::vector<std::string>& troubles) {
    Result<void> done = ensure_current(wall, start);
    if (done) {
        done = write();
    }
    if (!done && damage(done.error()) && current_) {
        const Error why = done.error();
        done = replace(files_.size() - 1, why, troubles);
        if (done) {
            done = begin_file(wall, start);
        }
        if (done) {
            done = write();
        }
    }
    if (!done) {
        if (done.error().code == Errc::kIo && current_) {
            // A card that was pulled and put back needs a new handle; what the file holds stays known.
            current_.reset();
            files_.back().bytes = on_disk(files_.back().name);
            if (files_.back().spans.empty()) {
                static_cast<void>(drop(files_.size() - 1));
            }
        }
        return pass(done);
    }
    const Flushed flushed{buffer_.size(), buffered_bytes_};
    buffer_.clear();
    buffered_bytes_ = 0;
    return flushed;
}

Result<void> TelemetryLog::ensure_current(std::optional<Wall> wall, std::uint64_t start) {
    if (current_ && !other_day(files_.back().parsed, wall) &&
        folder_->bytes(files_.back().name) < part_bytes_) {
        return {};
    }
    if (current_) {
        Result<void> sealed = current_->seal();
        current_.reset();
        files_.back().bytes = on_disk(files_.back().name);
        if (!sealed && !damage(sealed.error())) {
            return sealed;
        }
    }
    return begin_file(wall, start);
}

Result<void> TelemetryLog::begin_file(std::optional<Wall> wall, std::uint64_t start) {
    TelemetryName name{.day = std::nullopt, .start = start, .part = 1};
    if (wall) {
        name = {.day = day_of(*wall), .start = 0, .part = 1};
    }
    while (folder_->has(to_string(name))) {
        ++name.part;
    }
    const std::string file = to_string(name);
    kill_point("before-rotation");
    Result<RecordFile> opened = RecordFile::open(folder_->path(file), Stream::kTelemetry);
    if (!opened) {
        // Not half made: the next attempt would step over it to another part.
        static_cast<void>(folder_->remove(file));
        return pass(opened);
    }
    folder_->synchronise();
    kill_point("after-rotation");
    current_.emplace(std::move(*opened));
    files_.push_back({file, name, {}, 0});
    return {};
}

Result<void> TelemetryLog::write() {
    std::vector<RecordFile::Row> rows;
    rows.reserve(buffer_.size());
    for (const Buffered& buffered : buffer_) {
        rows.push_back({buffered.key, &buffered.record, {}, 0});
    }
    Result<void> done = current_->append(rows);
    files_.back().spans = current_->spans();
    return done;
}

Result<std::vector<Span>> TelemetryLog::drop(std::size_t at) {
    if (at + 1 == files_.size()) {
        current_.reset();
    }
    if (reader_ && reader_->name == files_[at].name) {
        reader_.reset();
    }
    if (Result<void> done = folder_->remove(files_[at].name); !done) {
        return pass(done);
    }
    std::vector<Span> held = std::move(files_[at].spans);
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(at));
    measure();
    return held;
}

Result<void> TelemetryLog::replace(std::size_t at, const Error& why, std::vector<std::string>& troubles) {
    if (at + 1 == files_.size()) {
        current_.reset();
    }
    reader_.reset();
    File& file = files_[at];
    Result<std::string> aside = folder_->set_aside(file.name);
    if (!aside) {
        return pass(aside);
    }
    troubles.push_back(fmt::format("{} is damaged and was set aside as {} ({})", file.name,
                                   folder_->path(*aside), why.what));
    lost_.insert(lost_.end(), file.spans.begin(), file.spans.end());
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(at));
    measure();
    return {};
}

std::uint64_t TelemetryLog::bytes(const File& file) const {
    const bool written = current_ && &file == &files_.back();
    return written ? on_disk(file.name) + current_->to_come() : file.bytes;
}

std::uint64_t TelemetryLog::on_disk(const std::string& name) const {
    return folder_->bytes(name) + folder_->wal_bytes(name);
}

std::vector<Span> TelemetryLog::take_lost() {
    return std::exchange(lost_, {});
}

std::uint64_t TelemetryLog::log_bytes() const {
    return current_ ? current_->log_bytes() : 0;
}

Result<void> TelemetryLog::checkpoint() {
    return current_ ? current_->checkpoint() : Result<void>{};
}

void TelemetryLog::close() {
    if (current_) {
        static_cast<void>(current_->seal());  // if that fails, the next start plays the log in
        current_.reset();
    }
    reader_.reset();
}

void TelemetryLog::measure() {
    extents_.clear();
    const auto widen = [this](std::uint64_t start, SequenceRange range) {
        SequenceRange& extent = extents_.try_emplace(start, range).first->second;
        extent = {std::min(extent.first, range.first), std::max(extent.last, range.last)};
    };
    for (const File& file : files_) {
        for (const Span& span : file.spans) {
            widen(span.start, {span.first, span.last});
        }
    }
    for (const Buffered& buffered : buffer_) {
        widen(start_of(buffered.key), {sequence_of(buffered.key), sequence_of(buffered.key)});
    }
}

}  // namespace gengfu::store
