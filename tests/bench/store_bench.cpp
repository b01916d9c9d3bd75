// What the store costs: the commit of an event beside a bare write and fdatasync of the same bytes in the
// same run and folder, and bytes written to the disk for each record. Prints a table; --json FILE writes it
// for tools/bench.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "daemon/store/store.hpp"

namespace {

using namespace gengfu;
using Steady = std::chrono::steady_clock;

constexpr int kEvents = 400;
constexpr std::size_t kEventBytes = 900;   // an event with texts in two languages and evidence
constexpr std::size_t kStateBytes = 1200;  // the alarm that it leaves behind
// 1,000 points a second, one in ten leaving its deadband, 8 bytes a sample, gathered for 2 s, flushed every
// 10 s.
constexpr std::size_t kBatchBytes = 1600;
constexpr int kBatchesAFlush = 5;
constexpr int kFlushes = 864;  // a tenth of a day

struct Row {
    std::string name;
    double value = 0;
    std::string unit;
    double reference = 0;
    double goal = 0;
};

double milliseconds(Steady::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

double quantile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// What this process has caused to be written to the disk, in bytes.
double written() {
    std::ifstream io("/proc/self/io");
    std::string word;
    double bytes = 0;
    while (io >> word >> bytes) {
        if (word == "write_bytes:") {
            return bytes;
        }
    }
    return 0;
}

double commit_time(store::Store& store, Epoch epoch, std::uint64_t sequence) {
    std::promise<bool> committed;
    const Steady::time_point began = Steady::now();
    store.commit_event(
        {{epoch, Stream::kEvent, sequence}, store::Encoding::kProtobuf, std::string(kEventBytes, 'e')},
        std::string(kStateBytes, 's'),
        [&committed](const Result<void>& done) { committed.set_value(done.has_value()); });
    if (!committed.get_future().get()) {
        std::fprintf(stderr, "an event was not committed\n");
        std::exit(1);
    }
    return milliseconds(Steady::now() - began);
}

double bare_time(int file) {
    const std::string bytes(kEventBytes + kStateBytes, 'b');
    const Steady::time_point began = Steady::now();
    if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) {
        std::exit(1);
    }
    return milliseconds(Steady::now() - began);
}

void measure_events(store::Store& store, Epoch epoch, const std::string& folder, std::vector<Row>& rows) {
    const int file = ::open((folder + "/bare").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    std::vector<double> commits;
    std::vector<double> bare;
    const std::uint64_t before = store.usage().commits;
    // In turn, so that a slow moment of the card falls on both.
    for (std::uint64_t i = 1; i <= kEvents; ++i) {
        commits.push_back(commit_time(store, epoch, i));
        bare.push_back(bare_time(file));
    }
    const double transactions = static_cast<double>(store.usage().commits - before);
    ::close(file);
    rows.push_back({"event commit p50", quantile(commits, 0.5), "ms", quantile(bare, 0.5), 0});
    rows.push_back(
        {"event commit p99", quantile(commits, 0.99), "ms", quantile(bare, 0.99), 10 + quantile(bare, 0.99)});
    rows.push_back(
        {"event commit above bare fdatasync, p50", quantile(commits, 0.5) - quantile(bare, 0.5), "ms", 0, 0});
    rows.push_back({"transactions an event, one at a time", transactions / kEvents, "", 1, 0});

    const double io = written();
    constexpr std::uint64_t kStorm = 2000;
    const Steady::time_point began = Steady::now();
    std::promise<void> last;
    const std::uint64_t storm_before = store.usage().commits;
    for (std::uint64_t i = kEvents + 1; i <= kEvents + kStorm; ++i) {
        store.commit_event(
            {{epoch, Stream::kEvent, i}, store::Encoding::kProtobuf, std::string(kEventBytes, 'e')},
            std::string(kStateBytes, 's'), [&last, i](const Result<void>&) {
                if (i == kEvents + kStorm) {
                    last.set_value();
                }
            });
    }
    last.get_future().get();
    rows.push_back({"storm of events", kStorm / (milliseconds(Steady::now() - began) / 1000), "1/s", 0, 0});
    rows.push_back({"events a transaction in the storm",
                    static_cast<double>(kStorm) / static_cast<double>(store.usage().commits - storm_before),
                    "", 0, 0});
    rows.push_back({"bytes written an event in the storm", (written() - io) / kStorm, "B",
                    static_cast<double>(kEventBytes + kStateBytes), 0});
}

void measure_telemetry(store::Store& store, Epoch epoch, std::vector<Row>& rows) {
    const double io = written();
    std::uint64_t sequence = 0;
    for (int flush = 0; flush < kFlushes; ++flush) {
        const std::uint64_t before = store.usage().commits;
        for (int batch = 0; batch < kBatchesAFlush; ++batch) {
            const Result<void> kept = store.append_telemetry({{epoch, Stream::kTelemetry, ++sequence},
                                                              store::Encoding::kProtobuf,
                                                              std::string(kBatchBytes, 't')});
            if (!kept) {
                std::fprintf(stderr, "%s\n", kept.error().what.c_str());
                std::exit(1);
            }
        }
        // As a broker would: each batch is confirmed before the next flush.
        store.confirm("broker", epoch, Stream::kTelemetry, {{1, sequence}});
        while (store.usage().commits == before) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }
    const double bytes = written() - io;
    rows.push_back({"bytes written a telemetry record", bytes / static_cast<double>(sequence), "B",
                    static_cast<double>(kBatchBytes), 0});
    rows.push_back({"written a day, 1,000 points, one in ten changing", bytes * 10 / 1e6, "MB",
                    static_cast<double>(kBatchBytes) * kBatchesAFlush * kFlushes * 10 / 1e6, 250});
}

void print(const std::vector<Row>& rows) {
    std::printf("%-52s %12s %-4s %12s %10s\n", "figure", "value", "unit", "reference", "goal");
    for (const Row& row : rows) {
        std::printf("%-52s %12.2f %-4s %12.2f %10.2f\n", row.name.c_str(), row.value, row.unit.c_str(),
                    row.reference, row.goal);
    }
}

void write_json(const std::vector<Row>& rows, const char* path) {
    std::ofstream out(path);
    out << "[";
    for (const Row& row : rows) {
        out << (&row == rows.data() ? "" : ",") << "\n  {\"name\": \"" << row.name
            << "\", \"value\": " << row.value << ", \"unit\": \"" << row.unit
            << "\", \"reference\": " << row.reference << ", \"goal\": " << row.goal
            << ", \"met\": " << (row.goal == 0 || row.value <= row.goal ? "true" : "false") << "}";
    }
    out << "\n]\n";
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder =
        std::filesystem::current_path().string() + "/store-bench-XXXXXX";  // a real disk, not /tmp
    if (::mkdtemp(folder.data()) == nullptr) {
        std::perror("mkdtemp");
        return 1;
    }
    std::vector<Row> rows;
    {
        const SystemClock clock;
        store::Options options;
        options.path = folder + "/store";
        options.flush = std::chrono::milliseconds(5);
        const Steady::time_point began = Steady::now();
        Result<store::Opened> opened = store::open(options, clock);
        if (!opened) {
            std::fprintf(stderr, "%s\n", opened.error().what.c_str());
            return 1;
        }
        rows.push_back({"making and opening a new store", milliseconds(Steady::now() - began), "ms", 0, 0});
        measure_events(*opened->store, opened->start.epoch, folder, rows);
        measure_telemetry(*opened->store, opened->start.epoch, rows);
        static_cast<void>(opened->store->close(Steady::now() + std::chrono::seconds(30)));
        const Steady::time_point again = Steady::now();
        opened = store::open(options, clock);
        rows.push_back({"opening it again", milliseconds(Steady::now() - again), "ms", 0, 500});
    }
    std::filesystem::remove_all(folder);
    print(rows);
    if (argc == 3 && std::strcmp(argv[1], "--json") == 0) {
        write_json(rows, argv[2]);
    }
    return 0;
}
