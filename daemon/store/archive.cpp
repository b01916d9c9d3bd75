#include "daemon/store/archive.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/store/day.hpp"
#include "daemon/store/ledger_rows.hpp"
#include "daemon/store/pending.hpp"
#include "daemon/store/state_file.hpp"

namespace gengfu::store {
namespace {

constexpr const char* kEvents = "events.db";
constexpr std::array kStates{"state.db", "state.db.copy"};

Result<RecordFile> open_part(const Folder& folder, const std::string& name, Stream stream) {
    const std::string path = folder.path(name);
    const bool logged = folder.has(name + "-wal") || folder.has(name + "-journal");
    Result<RecordFile> file = logged ? RecordFile::open(path, stream) : RecordFile::open_sealed(path, stream);
    // A file that was never sealed cannot be opened for reading alone.
    return !file && !logged ? RecordFile::open(path, stream) : std::move(file);
}

}  // namespace

Result<Archive> Archive::open(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return fail(Errc::kNotFound, "there is no store at " + path);
    }
    Result<Folder> folder = Folder::open(path);
    if (!folder) {
        return pass(folder);
    }
    Archive archive(std::move(*folder));
    if (!archive.folder_.has(kEvents)) {
        return fail(Errc::kNotFound, path + " is no store of a gateway: there is no events.db in it");
    }
    archive.survey(kEvents, Stream::kEvent);
    for (const std::string& name : archive.folder_.list("telemetry-", ".db")) {
        if (parse_telemetry_name(name)) {
            archive.survey(name, Stream::kTelemetry);
        }
    }
    // Keys ascend from file to file whatever their names say.
    std::sort(archive.parts_.begin(), archive.parts_.end(), [](const Part& a, const Part& b) {
        return key_of(a.spans.front().start, a.spans.front().first) <
               key_of(b.spans.front().start, b.spans.front().first);
    });
    archive.take_book();
    return archive;
}

void Archive::survey(const std::string& name, Stream stream) {
    Result<RecordFile> file = open_part(folder_, name, stream);
    if (!file) {
        troubles_.push_back(name + " cannot be read and is left out: " + file.error().what);
        return;
    }
    epochs_.insert(file->epochs().begin(), file->epochs().end());
    if (!file->spans().empty()) {
        parts_.push_back({name, stream, file->spans()});
    }
}

void Archive::take_book() {
    std::optional<std::uint64_t> newest;
    for (const char* name : kStates) {
        if (!folder_.has(name)) {
            continue;
        }
        Result<StateFile> file = StateFile::open(folder_.path(name));
        if (!file) {
            troubles_.push_back(std::string(name) + " cannot be read: " + file.error().what);
            continue;
        }
        if (newest && *newest >= file->generation()) {
            continue;
        }
        std::string book;
        const Result<void> visited = file->visit([&](std::string_view row, std::string_view value) {
            if (row == rows::kBook) {
                book = value;
            }
        });
        if (visited) {
            newest = file->generation();
            book_ = std::move(book);
        }
    }
}

std::vector<StreamRanges> Archive::held() const {
    std::vector<StreamRanges> out;
    for (const Stream stream : {Stream::kEvent, Stream::kTelemetry}) {
        Extents extents;
        for (const Part& part : parts_) {
            if (part.stream != stream) {
                continue;
            }
            for (const Span& span : part.spans) {
                const auto [at, fresh] =
                    extents.try_emplace(span.start, SequenceRange{span.first, span.last});
                at->second.first = std::min(at->second.first, span.first);
                at->second.last = std::max(at->second.last, span.last);
            }
        }
        for (const auto& [start, range] : extents) {
            out.push_back({epochs_.at(start), stream, {range}});
        }
    }
    return out;
}

Result<Pending> Archive::read(Epoch epoch, Stream stream, SequenceRange range, std::size_t limit) {
    const auto run =
        std::find_if(epochs_.begin(), epochs_.end(), [&](const auto& one) { return one.second == epoch; });
    Pending out;
    if (run == epochs_.end() || range.first > range.last) {
        return out;
    }
    const Key last = key_of(run->first, std::min(range.last, kMaxSequence));
    Key from = key_of(run->first, std::min(range.first, kMaxSequence));
    std::size_t bytes = 0;
    for (const Part& part : parts_) {
        const bool of_it =
            part.stream == stream && std::any_of(part.spans.begin(), part.spans.end(), [&](const Span& span) {
                return span.start == run->first && key_of(span.start, span.last) >= from &&
                       key_of(span.start, span.first) <= last;
            });
        if (!of_it) {
            continue;
        }
        if (out.records.size() >= limit || bytes >= kPendingBytes) {
            out.more = true;
            return out;
        }
        Result<RecordFile*> file = file_of(part);
        if (!file) {
            return pass(file);
        }
        Result<RecordFile::Read> found =
            (*file)->read(from, last, {limit - out.records.size(), kPendingBytes - bytes});
        while (found && found->records.empty() && found->more) {  // nothing but damaged ones so far
            damaged_records_ += found->damaged.size();
            found = (*file)->read(found->next, last, {limit, kPendingBytes});
        }
        if (!found) {
            return pass(found);
        }
        damaged_records_ += found->damaged.size();
        for (Record& record : found->records) {
            bytes += record.bytes.size();
            out.records.push_back(std::move(record));
        }
        if (found->more) {
            out.more = true;
            return out;
        }
    }
    return out;
}

Result<RecordFile*> Archive::file_of(const Part& part) {
    const std::string place = part.stream == Stream::kEvent ? "event/" : "telemetry/";
    const auto known = open_.find(place + part.name);
    if (known != open_.end()) {
        return &known->second;
    }
    std::erase_if(open_, [&](const auto& one) { return one.first.starts_with(place); });
    Result<RecordFile> file = open_part(folder_, part.name, part.stream);
    if (!file) {
        return pass(file);
    }
    return &open_.emplace(place + part.name, std::move(*file)).first->second;
}

}  // namespace gengfu::store
