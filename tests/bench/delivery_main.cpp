// The gateway's half of delivery alone, by the code of the daemon: publisher, store, MQTT library. Says what
// it measured as one line of JSON. tools/bench delivery runs it.
//
//   bench_delivery --mode cpu      --broker PORT --ca FILE|none --folder DIR --samples N
//   bench_delivery --mode library  (as cpu; the reference: the library alone, payloads of the same size)
//   bench_delivery --mode backlog  --broker PORT --ca none --folder DIR --samples N
//   bench_delivery --mode alarm    --broker PORT --ca none --folder DIR --samples EVENTS
//   bench_delivery --mode outage   --broker 0 --ca none --folder DIR --samples N
//   bench_delivery --mode fill     --broker 0 --ca none --folder DIR --samples RECORDS
#include <fcntl.h>
#include <mosquitto.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/publish/publisher.hpp"
#include "daemon/store/store.hpp"
#include "gengfu/v1/feed.pb.h"
#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kPoints = 1000;
constexpr std::size_t kBatch = 100;
constexpr auto kPatience = seconds(120);

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_delivery: %s\n", why.c_str());
    std::exit(1);
}

struct Wanted {
    std::string mode, ca, folder;
    std::uint16_t port = 0;
    std::uint64_t samples = 0;
};

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

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds_of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double resident_mb() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    file >> size >> resident;
    return static_cast<double>(resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) / 1e6;
}

double quantile(std::vector<double> values, double part) {
    if (values.empty()) {
        give_up("nothing was measured");
    }
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

/// Publisher and store as the daemon has them; the caller's thread is core.
class Gateway {
public:
    Gateway(const Wanted& wanted, publish::Tuning tuning) : site_(site_of(wanted)) {
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
        publisher_ =
            std::make_unique<publish::Publisher>(core_.get_executor(), site_, run, *store_, clock_,
                                                 std::move(questions), publish::make_session, tuning);
    }
    ~Gateway() {
        bool stopped = false;
        publisher_->stop(seconds(5), [&stopped] { stopped = true; });
        until([&stopped] { return stopped; }, "the publisher to stop");
        if (Result<void> closed = store_->close(clock_.now() + kPatience); !closed) {
            give_up(closed.error().what);
        }
    }
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    void begin(bool connected) {
        publisher_->start();
        if (connected) {
            until([this] { return publisher_->status().connected; }, "a connection");
        }
    }
    /// `count` points that have changed since they came last.
    void samples(std::size_t count) {
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
    /// \return the event's sequence
    std::uint64_t alarm() {
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
    /// Until the store's thread has taken what it was given, and written it if that is much.
    void let_store_catch_up() {
        for (int i = 0; i < 2; ++i) {
            std::promise<void> answered;
            store_->held(
                [&answered](const Result<std::vector<store::StreamRanges>>&) { answered.set_value(); });
            answered.get_future().wait();
        }
    }
    template <class Condition>
    void until(Condition condition, const char* what) {
        const auto end = Steady::now() + kPatience;
        while (!condition()) {
            core_.restart();
            core_.run_one_for(milliseconds(1));
            core_.poll();
            if (Steady::now() > end) {
                give_up(std::string(what) + ": not in time");
            }
        }
    }
    void turn() {
        core_.restart();
        core_.poll();
    }
    publish::PublisherStatus status() const { return publisher_->status(); }
    store::Store& store() { return *store_; }
    const store::Start& start() const { return start_; }

private:
    void describe(std::uint64_t sequence) {
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

    SystemClock clock_;
    config::Site site_;
    asio::io_context core_;
    store::Start start_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<publish::Publisher> publisher_;
    std::vector<Sample> samples_;
    std::size_t next_ = 0;
    std::uint64_t round_ = 0;
    alarms::Alarm alarm_;
};

/// When each event arrived, by its sequence; a thread of its own.
class Subscriber {
public:
    explicit Subscriber(std::uint16_t port) {
        mosquitto_lib_init();
        client_ = mosquitto_new(nullptr, true, this);
        mosquitto_connect_callback_set(client_, [](mosquitto* client, void*, int) {
            mosquitto_subscribe(client, nullptr, "gengfu/v1/+/+/+/event", 0);
        });
        mosquitto_subscribe_callback_set(
            client_, [](mosquitto*, void* self, int, int, const int*) { as(self)->ready_ = true; });
        mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
            as(self)->take(*message);
        });
        if (mosquitto_connect(client_, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS ||
            mosquitto_loop_start(client_) != MOSQ_ERR_SUCCESS) {
            give_up("the subscriber cannot connect");
        }
        const auto end = Steady::now() + seconds(20);
        while (!ready_) {
            if (Steady::now() > end) {
                give_up("the subscriber is not subscribed");
            }
            std::this_thread::sleep_for(milliseconds(1));
        }
    }
    ~Subscriber() {
        mosquitto_disconnect(client_);
        mosquitto_loop_stop(client_, false);
        mosquitto_destroy(client_);
    }
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    bool has(std::uint64_t sequence) const {
        const std::lock_guard lock(mutex_);
        return arrived_.contains(sequence);
    }
    Steady::time_point at(std::uint64_t sequence) const {
        const std::lock_guard lock(mutex_);
        return arrived_.at(sequence);
    }

private:
    static Subscriber* as(void* self) { return static_cast<Subscriber*>(self); }
    void take(const mosquitto_message& message) {
        const auto now = Steady::now();
        v1::Envelope envelope;
        if (envelope.ParseFromArray(message.payload, message.payloadlen)) {
            const std::lock_guard lock(mutex_);
            arrived_.emplace(envelope.record().identity().sequence(), now);
        }
    }

    mosquitto* client_ = nullptr;
    std::atomic<bool> ready_{false};
    mutable std::mutex mutex_;
    std::map<std::uint64_t, Steady::time_point> arrived_;
};

double milliseconds_of(Steady::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

publish::Tuning unpaced() {
    publish::Tuning tuning;
    tuning.hist_rate = 0;
    tuning.batch_samples = kBatch;
    return tuning;
}

void cpu(const Wanted& wanted) {
    Gateway gateway(wanted, unpaced());
    gateway.begin(true);
    const auto run = [&](std::uint64_t batches) {
        for (std::uint64_t i = 0; i < batches; ++i) {
            gateway.samples(kBatch);
            gateway.turn();
            gateway.until([&] { return gateway.status().published - gateway.status().acknowledged < 10; },
                          "PUBACKs");
        }
        gateway.until([&] { return gateway.status().published == gateway.status().acknowledged; },
                      "the last PUBACK");
    };
    run(200);
    const double before = cpu_seconds();
    const std::uint64_t batches = wanted.samples / kBatch;
    run(batches);
    const double used = cpu_seconds() - before;
    std::printf("{\"us_a_sample\": %.4f}\n", used * 1e6 / static_cast<double>(batches * kBatch));
}

void library(const Wanted& wanted) {
    const config::Site site = site_of(wanted);
    std::atomic<std::uint64_t> acknowledged{0}, connected{0};
    publish::Callbacks callbacks;
    callbacks.connected = [&](const publish::Connected&) { ++connected; };
    callbacks.lost = [](const std::string& why) { give_up("lost: " + why); };
    callbacks.acknowledged = [&](std::uint64_t) { ++acknowledged; };
    callbacks.refused = [](std::uint64_t, const std::string& why) { give_up("refused: " + why); };
    callbacks.message = [](const publish::Incoming&) {};
    const auto session = publish::make_session(site.mqtt, "bench-library", {"bench/will", "off"}, callbacks);
    session->start();
    const auto wait = [](const auto& condition) {
        const auto end = Steady::now() + kPatience;
        while (!condition()) {
            if (Steady::now() > end) {
                give_up("the library: not in time");
            }
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    };
    wait([&] { return connected > 0; });
    const std::string payload(kBatch * 6, 'x');
    std::uint64_t sent = 0;
    const auto run = [&](std::uint64_t batches) {
        for (std::uint64_t i = 0; i < batches; ++i) {
            if (!session->publish("bench/library", payload, publish::Retain::kNo, ++sent)) {
                give_up("the library takes nothing");
            }
            wait([&] { return sent - acknowledged < 10; });
        }
        wait([&] { return sent == acknowledged; });
    };
    run(200);
    const double before = cpu_seconds();
    const std::uint64_t batches = wanted.samples / kBatch;
    run(batches);
    const double used = cpu_seconds() - before;
    session->stop();
    std::printf("{\"us_a_sample\": %.4f}\n", used * 1e6 / static_cast<double>(batches * kBatch));
}

void backlog(const Wanted& wanted) {
    Wanted offline = wanted;
    offline.port = 0;
    {
        Gateway gateway(offline, unpaced());
        gateway.begin(false);
        for (std::uint64_t i = 0; i < wanted.samples / kBatch; ++i) {
            gateway.samples(kBatch);
            gateway.turn();
            if (i % 256 == 255) {
                gateway.let_store_catch_up();
            }
        }
    }
    Subscriber subscriber(wanted.port);
    Gateway gateway(wanted, unpaced());
    if (gateway.store().usage().telemetry_pending < wanted.samples / kBatch) {
        give_up("the backlog is not whole");
    }
    gateway.begin(true);
    const auto began = Steady::now();
    auto next_alarm = began + milliseconds(50);
    std::vector<std::pair<std::uint64_t, Steady::time_point>> raised;
    gateway.until(
        [&] {
            if (Steady::now() >= next_alarm) {
                const auto now = Steady::now();
                raised.emplace_back(gateway.alarm(), now);
                next_alarm = now + milliseconds(17);
            }
            // Each event has its own PUBACK; those of the alarm's retained topic make up for the catalogue's.
            return gateway.status().acknowledged >= wanted.samples / kBatch + raised.size();
        },
        "the backlog to be drained");
    const double took = milliseconds_of(Steady::now() - began) / 1e3;
    gateway.until([&] { return gateway.store().usage().telemetry_pending == 0; }, "the store to be told");
    std::vector<double> latencies;
    for (const auto& [sequence, at] : raised) {
        gateway.until([&, wanted_event = sequence] { return subscriber.has(wanted_event); }, "an alarm");
        latencies.push_back(milliseconds_of(subscriber.at(sequence) - at));
    }
    std::printf("{\"samples_a_second\": %.0f, \"seconds\": %.3f, \"alarms\": %zu, \"alarm_p99_ms\": %.3f}\n",
                static_cast<double>(wanted.samples) / took, took, latencies.size(),
                quantile(latencies, 0.99));
}

void alarm(const Wanted& wanted) {
    Subscriber subscriber(wanted.port);
    Gateway gateway(wanted, {});
    gateway.begin(true);
    // Written over and over, as the log is.
    const int file = ::open((wanted.folder + "/fsync").c_str(), O_CREAT | O_RDWR, 0600);
    const std::string block(4096, 'b');
    for (int i = 0; i < 64; ++i) {
        static_cast<void>(!::pwrite(file, block.data(), block.size(), i * 4096));
    }
    ::fsync(file);
    std::vector<double> latencies, bare;
    for (std::uint64_t i = 0; i < wanted.samples; ++i) {
        auto began = Steady::now();
        const std::uint64_t sequence = gateway.alarm();
        gateway.until([&] { return subscriber.has(sequence); }, "an alarm");
        latencies.push_back(milliseconds_of(subscriber.at(sequence) - began));
        const auto rest = Steady::now() + milliseconds(5);
        gateway.until([&] { return Steady::now() >= rest; }, "a pause");
        began = Steady::now();
        if (::pwrite(file, block.data(), block.size(), static_cast<off_t>(i % 64) * 4096) != 4096 ||
            ::fdatasync(file) != 0) {
            give_up("the reference cannot be written");
        }
        bare.push_back(milliseconds_of(Steady::now() - began));
    }
    ::close(file);
    std::printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"fsync_p50_ms\": %.3f, \"fsync_p99_ms\": %.3f}\n",
                quantile(latencies, 0.5), quantile(latencies, 0.99), quantile(bare, 0.5),
                quantile(bare, 0.99));
}

void outage(const Wanted& wanted) {
    publish::Tuning tuning = unpaced();
    tuning.batch_samples = 2 * kBatch;  // of a linger of 2 s
    Gateway gateway(wanted, tuning);
    gateway.begin(false);
    const std::uint64_t batches = wanted.samples / tuning.batch_samples;
    double settled = 0, highest = 0, lowest = 1e9;
    for (std::uint64_t i = 0; i < batches; ++i) {
        gateway.samples(tuning.batch_samples);
        if (i % 90 == 0) {
            gateway.alarm();
        }
        gateway.turn();
        if (i % 64 == 63) {
            gateway.let_store_catch_up();
            const double now = resident_mb();
            if (i < batches / 20) {
                settled = now;
            } else {
                highest = std::max(highest, now);
                lowest = std::min(lowest, now);
            }
        }
    }
    gateway.let_store_catch_up();
    if (gateway.store().usage().records_abandoned != 0) {
        give_up("records were given up: this was no outage that the store holds");
    }
    std::printf("{\"settled_mb\": %.3f, \"highest_mb\": %.3f, \"lowest_mb\": %.3f, \"end_mb\": %.3f}\n",
                settled, highest, lowest, resident_mb());
}

void fill(const Wanted& wanted) {
    Wanted offline = wanted;
    offline.port = 0;
    Gateway gateway(offline, unpaced());
    gateway.begin(false);
    for (std::uint64_t i = 1; i <= wanted.samples; ++i) {
        const Result<void> kept =
            gateway.store().append_telemetry({{gateway.start().epoch, Stream::kTelemetry, i},
                                              store::Encoding::kProtobuf,
                                              std::string(1600, 't')});
        if (!kept) {
            give_up(kept.error().what);
        }
        if (i % 160 == 0) {
            gateway.let_store_catch_up();
        }
    }
    std::printf("{\"bytes\": %llu}\n", static_cast<unsigned long long>(gateway.store().usage().bytes));
}

Result<Wanted> read(const Options& options) {
    const Result<std::string> mode = options.text("mode"), ca = options.text("ca"),
                              folder = options.text("folder");
    const Result<std::int64_t> port = options.number("broker", 0, 65535);
    const Result<std::int64_t> samples = options.number("samples", 1, 1'000'000'000);
    if (!mode || !ca || !folder || !port || !samples) {
        return fail(Errc::kInvalid, "--mode, --broker, --ca, --folder and --samples are wanted");
    }
    return Wanted{*mode, *ca, *folder, static_cast<std::uint16_t>(*port),
                  static_cast<std::uint64_t>(*samples)};
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    using namespace gengfu::bench;
    const gengfu::Result<Options> options = Options::parse(count, words);
    const gengfu::Result<Wanted> wanted =
        options ? read(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!wanted) {
        give_up(wanted.error().what);
    }
    const std::map<std::string, void (*)(const Wanted&)> modes{{"cpu", cpu},         {"library", library},
                                                               {"backlog", backlog}, {"alarm", alarm},
                                                               {"outage", outage},   {"fill", fill}};
    const auto mode = modes.find(wanted->mode);
    if (mode == modes.end()) {
        give_up("no such mode: " + wanted->mode);
    }
    mode->second(*wanted);
    return 0;
}
