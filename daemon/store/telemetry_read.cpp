#include <algorithm>

#include "daemon/store/schema.hpp"
#include "daemon/store/telemetry_log.hpp"

// Reading across the telemetry files and the buffer.
namespace gengfu::store {
namespace {

bool overlaps(const TelemetryLog::File& file, Key first, Key last) {
    return !file.spans.empty() && key_of(file.spans.front().start, file.spans.front().first) <= last &&
           key_of(file.spans.back().start, file.spans.back().last) >= first;
}

// Adds what one file brought; the budget shrinks by it.
void take(RecordFile::Read& from, RecordFile::Read& into, Budget& budget) {
    for (Record& record : from.records) {
        budget.bytes -= std::min(budget.bytes, record.bytes.size());
        into.records.push_back(std::move(record));
    }
    budget.records -= std::min(budget.records, from.records.size() + from.damaged.size());
    into.damaged.insert(into.damaged.end(), from.damaged.begin(), from.damaged.end());
}

}  // namespace

Result<RecordFile::Read> TelemetryLog::read(Key first, Key last, Budget budget,
                                            std::vector<std::string>& troubles) {
    RecordFile::Read result;
    for (std::size_t at = 0; at < files_.size();) {
        if (!overlaps(files_[at], first, last)) {
            ++at;
            continue;
        }
        Result<RecordFile::Read> part = read_file(files_[at], first, last, budget);
        if (!part && (part.error().code == Errc::kCorrupt || part.error().code == Errc::kInvalid)) {
            const Error why = part.error();
            if (Result<void> done = replace(at, why, troubles); !done) {
                return pass(done);
            }
            continue;
        }
        if (!part) {
            return part;
        }
        take(*part, result, budget);
        if (part->more) {
            result.next = part->next;
            result.more = true;
            return result;
        }
        ++at;
    }
    read_buffer(first, last, budget, result);
    return result;
}

Result<RecordFile::Read> TelemetryLog::read_file(File& file, Key first, Key last, Budget budget) {
    Result<RecordFile*> found = reader(file);
    if (!found) {
        return pass(found);
    }
    return (*found)->read(first, last, budget);
}

Result<RecordFile*> TelemetryLog::reader(const File& file) {
    if (current_ && &file == &files_.back()) {
        return &*current_;
    }
    if (!reader_ || reader_->name != file.name) {
        reader_.reset();
        const std::string path = folder_->path(file.name);
        // One that could not be sealed yet has a log beside it and is opened as it was written.
        Result<RecordFile> opened = folder_->has(file.name + "-wal")
                                        ? RecordFile::open(path, Stream::kTelemetry)
                                        : RecordFile::open_sealed(path, Stream::kTelemetry);
        if (!opened && of_disk(opened.error())) {
            opened = RecordFile::open_view(path, Stream::kTelemetry);
        }
        if (!opened) {
            return pass(opened);
        }
        reader_.emplace(Reader{file.name, std::move(*opened)});
    }
    return &reader_->file;
}

void TelemetryLog::read_buffer(Key first, Key last, Budget budget, RecordFile::Read& result) const {
    for (const Buffered& buffered : buffer_) {
        if (buffered.key < first || buffered.key > last) {
            continue;
        }
        if (budget.records == 0 || budget.bytes == 0) {
            result.next = buffered.key;
            result.more = true;
            return;
        }
        --budget.records;
        budget.bytes -= std::min(budget.bytes, buffered.record.bytes.size());
        result.records.push_back(buffered.record);
    }
    result.next = last + 1;
}

}  // namespace gengfu::store
