#include "tests/bench/delivery/gateway.hpp"

#include <future>
#include <utility>

namespace gengfu::bench {

using std::chrono::seconds;

config::Site site_of(const Wanted& wanted) {
    config::Site site;
    site.gateway.id = "gw-bench-01";
    site.gateway.place.division = "440309";
    site.gateway.place.community_code = "440309008012";
    site.gateway.place.grid = "440309008012003";
    if (wanted.port != 0) {
        site.mqtt.brokers = {{wanted.ca != "none", "127.0.0.1", wanted.port}};
    }
    site.mqtt.ca = wanted.ca == "none" ? "" : wanted.ca;
    site.mqtt.linger = Duration::zero();
    site.buses.emplace_back();
    config::Profile profile;
    config::Device device;
    device.name = "device";
    for (std::size_t i = 0; i < kPoints; ++i) {
        config::PointSpec spec;
        spec.name = "p" + std::to_string(i);
        spec.scale = 0.1;
        profile.points.push_back(spec);
        site.points.push_back({DeviceId{0}, static_cast<config::PointRef>(i), -1});
    }
    site.profiles.push_back(profile);
    site.devices.push_back(device);
    return site;
}

publish::Tuning unpaced() {
    publish::Tuning tuning;
    tuning.hist_rate = 0;
    tuning.batch_samples = kBatch;
    return tuning;
}

Gateway::Gateway(const Wanted& wanted, publish::Tuning tuning) : site_(site_of(wanted)) {
    store::Options options;
    options.path = wanted.folder + "/store";
    Result<store::Opened> opened = store::open(options, clock_);
    if (!opened) {
        give_up(opened.error().what);
    }
    start_ = std::move(opened->start);
    store_ = std::move(opened->store);
    publish::Run run{.gateway = site_.gateway.id,
                     .epoch = start_.epoch,
                     .start = start_.number,
                     .software = "bench",
                     .configuration_hash = "0123456789abcdef"};
    run.known_epochs = start_.epochs;
    publish::Questions questions;
    questions.standing = [] { return std::vector<const alarms::Alarm*>(); };
    questions.last_event_sequence = [this] { return publisher_->next_event_sequence() - 1; };
    publisher_ = std::make_unique<publish::Publisher>(core_.get_executor(), site_, run, *store_, clock_,
                                                      std::move(questions), publish::make_session, tuning);
}

Gateway::~Gateway() {
    bool stopped = false;
    publisher_->stop(seconds(5), [&stopped] { stopped = true; });
    until([&stopped] { return stopped; }, "the publisher to stop");
    if (Result<void> closed = store_->close(clock_.now() + kPatience); !closed) {
        give_up(closed.error().what);
    }
}

void Gateway::begin(bool connected) {
    publisher_->start();
    if (connected) {
        until([this] { return publisher_->status().connected; }, "a connection");
    }
}

void Gateway::samples(std::size_t count) {
    const Monotonic now = clock_.now();
    samples_.resize(count);
    for (Sample& one : samples_) {
        next_ = (next_ + 1) % kPoints;
        round_ += next_ == 0 ? 1 : 0;
        one = {.point = PointId{static_cast<std::uint32_t>(next_)},
               .quality = Quality::kGood,
               .value = static_cast<double>((round_ * 37 + next_ * 577) % 4096) * 0.1,
               .taken = now,
               .text = {}};
    }
    publisher_->samples(samples_);
}

std::uint64_t Gateway::alarm() {
    const std::uint64_t sequence = publisher_->next_event_sequence();
    if (alarm_.revision == 0) {
        describe(sequence);
    }
    ++alarm_.revision;
    alarm_.active = alarm_.revision % 2 == 1;
    publisher_->event({alarm_.active ? alarms::TransitionKind::kRaised : alarms::TransitionKind::kCleared,
                       sequence,
                       alarm_,
                       {},
                       alarm_.active});
    return sequence;
}

void Gateway::let_store_catch_up() {
    for (int i = 0; i < 2; ++i) {
        std::promise<void> answered;
        store_->held([&answered](const Result<std::vector<store::StreamRanges>>&) { answered.set_value(); });
        answered.get_future().wait();
    }
}

void Gateway::turn() {
    core_.restart();
    core_.poll();
}

void Gateway::describe(std::uint64_t sequence) {
    alarm_.id = {start_.epoch, sequence};
    alarm_.key = {"device", "p1", "high"};
    alarm_.severity = Severity::kMajor;
    alarm_.raise_revision = 1;
    alarm_.device_class = "electrical-fire";
    alarm_.component.place = site_.gateway.place;
    alarm_.texts = std::make_shared<const config::RuleText>(
        config::RuleText{{"剩余电流超限", "Residual current high"},
                         {"剩余电流 {value} mA", "Residual current {value} mA"},
                         {"检查该回路绝缘,必要时断电", "Check the circuit's insulation, switch it off"},
                         {"触电与火灾危险", "Shock and fire"},
                         {}});
    alarm_.text = {"剩余电流 320 mA,限值 300 mA", "Residual current 320 mA, limit 300 mA"};
    alarm_.evidence.value = 320;
    alarm_.evidence.limit = 300;
    alarm_.evidence.unit = "mA";
}

}  // namespace gengfu::bench
