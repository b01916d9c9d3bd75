#include "tests/bench/day_recorder.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/catalogue_shelf.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/point_coding.hpp"
#include "daemon/publish/report_filter.hpp"
#include "gengfu/v1/feed.pb.h"
#include "tests/support/fake_clock.hpp"

namespace gengfu::bench {
namespace {

constexpr Duration kLinger = std::chrono::seconds(2);
/// The queue is bounded, and a day takes seconds here.
constexpr std::uint64_t kAhead = 8000;

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "the day cannot be recorded: %s\n", what.c_str());
    std::exit(1);
}

publish::Run run_of(const store::Start& start) {
    publish::Run run;
    run.gateway = "gw";
    run.epoch = start.epoch;
    run.start = start.number;
    return run;
}

store::Opened open(const std::string& folder, const Clock& clock) {
    store::Options options;
    options.path = folder;
    options.flush = std::chrono::milliseconds(100);
    Result<store::Opened> opened = store::open(options, clock);
    if (!opened) {
        give_up(opened.error().what);
    }
    return std::move(*opened);
}

publish::Aliases aliases_of(const config::Site& site) {
    publish::Aliases aliases;
    publish::extend(aliases, site);
    return aliases;
}

}  // namespace

struct DayRecorder::Parts {
    Parts(const std::string& folder, const config::Site& site)
        : store(open(folder, clock)),
          catalogue(publish::build_catalogue(site, aliases_of(site), config::Encoding::kProtobuf)),
          encoder(run_of(store.start), config::Encoding::kProtobuf, clock),
          batch(publish::point_codings(site, aliases_of(site))),
          filter(site) {}

    test::FakeClock clock;
    store::Opened store;
    publish::Catalogue catalogue;
    publish::Encoder encoder;
    publish::BatchEncoder batch;
    publish::ReportFilter filter;
    Monotonic linger{};
    std::uint64_t sequence = 0;

    void write() {
        if (!store.store->append_telemetry(encoder.batch(++sequence, catalogue.hash, batch))) {
            give_up("the store takes no more");
        }
        if (sequence % kAhead == 0) {
            while (store.store->usage().telemetry_pending < sequence) {
            }
        }
    }
};

DayRecorder::DayRecorder(const std::string& folder, const config::Site& site, std::int64_t begins)
    : parts_(std::make_unique<Parts>(folder, site)) {
    Parts& to = *parts_;
    to.clock.set_wall(Wall(std::chrono::microseconds(begins)));
    to.linger = to.clock.now() + kLinger;
    std::vector<std::string> parts;
    for (const v1::CatalogueChange& part : to.catalogue.parts) {
        parts.push_back(part.SerializeAsString());
    }
    if (!publish::CatalogueShelf(folder).put(to.catalogue.hash, parts, to.store.start.number)) {
        give_up("the catalogue cannot be kept");
    }
    // An event, as every gateway has one: the folder is then a store that can be read.
    const std::int64_t zero =
        begins -
        std::chrono::duration_cast<std::chrono::microseconds>(to.clock.now().time_since_epoch()).count();
    to.store.store->commit_event(to.encoder.clock_fix(1, {1, zero, 0}), "", [](const Result<void>&) {});
}

DayRecorder::~DayRecorder() = default;

void DayRecorder::observe(const Sample& sample) {
    Parts& to = *parts_;
    if (sample.taken > to.clock.now()) {
        to.clock.advance(sample.taken - to.clock.now());
    }
    if (to.filter.admit(sample)) {
        to.batch.add(sample);
    }
    if (to.clock.now() >= to.linger && !to.batch.empty()) {
        to.linger = to.clock.now() + kLinger;
        to.write();
    }
}

std::uint64_t DayRecorder::finish() {
    Parts& to = *parts_;
    if (!to.batch.empty()) {
        to.write();
    }
    if (!to.store.store->close(std::chrono::steady_clock::now() + std::chrono::minutes(1))) {
        give_up("the store does not close");
    }
    return to.sequence;
}

}  // namespace gengfu::bench
