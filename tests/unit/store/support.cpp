#include "tests/unit/store/support.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace gengfu::store::test {

TempFolder::TempFolder() {
    // In memory where there is such a place: what these tests prove does not hang on a real disk's pace.
    const bool shared_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    const std::filesystem::path where = shared_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string name = (where / "gengfu-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) != nullptr ? name : "";
    EXPECT_FALSE(path_.empty());
}

TempFolder::~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
}

Options options_for(const TempFolder& folder) {
    Options options;
    options.path = folder.path();
    options.flush = std::chrono::milliseconds(5);
    return options;
}

Opened open_store(const Options& options, const Clock& clock) {
    Result<Opened> opened = open(options, clock);
    EXPECT_TRUE(opened) << opened.error().what;
    return opened ? std::move(*opened) : Opened{};
}

Record event(Epoch epoch, std::uint64_t sequence, std::string bytes) {
    if (bytes.empty()) {
        bytes = "event " + std::to_string(sequence);
    }
    return {{epoch, Stream::kEvent, sequence}, Encoding::kProtobuf, std::move(bytes)};
}

Record telemetry(Epoch epoch, std::uint64_t sequence, std::string bytes) {
    if (bytes.empty()) {
        bytes = "batch " + std::to_string(sequence);
    }
    return {{epoch, Stream::kTelemetry, sequence}, Encoding::kProtobuf, std::move(bytes)};
}

Result<void> commit(Store& store, Record record, std::string state) {
    Answer<Result<void>> answer;
    store.commit_event(std::move(record), std::move(state), answer);
    return answer.get();
}

Result<Pending> pending(Store& store, Stream stream, std::optional<Identity> after, std::size_t limit) {
    Answer<Result<Pending>> answer;
    store.pending(stream, after, limit, answer);
    return answer.get();
}

std::vector<Record> all_pending(Store& store, Stream stream, std::size_t page) {
    std::vector<Record> all;
    for (;;) {
        Result<Pending> found =
            pending(store, stream, all.empty() ? std::nullopt : std::optional(all.back().identity), page);
        EXPECT_TRUE(found) << found.error().what;
        if (!found) {
            return all;
        }
        const bool progress = !found->records.empty();
        EXPECT_TRUE(progress || !found->more) << "further ones are promised and none is given";
        std::move(found->records.begin(), found->records.end(), std::back_inserter(all));
        if (!found->more || !progress) {
            return all;
        }
    }
}

std::vector<std::uint64_t> sequences(const std::vector<Record>& records) {
    std::vector<std::uint64_t> list;
    for (const Record& record : records) {
        list.push_back(record.identity.sequence);
    }
    return list;
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> list;
    for (std::uint64_t n = first; n <= last; ++n) {
        list.push_back(n);
    }
    return list;
}

void close(Store& store) {
    const Result<void> closed = store.close(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    EXPECT_TRUE(closed) << closed.error().what;
}

bool eventually(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::vector<std::string> files_in(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::uint64_t bytes_in(const std::string& path) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        std::error_code gone;
        const auto size = entry.file_size(gone);
        bytes += gone ? 0 : size;
    }
    return bytes;
}

}  // namespace gengfu::store::test
