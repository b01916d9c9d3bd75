// What the other rooms ask of the daemon: the publisher its questions, the desk its facts.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "daemon/control/line_desk.hpp"
#include "daemon/core/log.hpp"
#include "daemon/core/plain_text.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/publish/catalogue_shelf.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// A line that has come back is opened and its sensors are asked within this: units that were given up are
/// asked again at least so often.
constexpr Duration kAfterLoan = std::chrono::seconds(20);
constexpr auto kConsoleAgain = std::chrono::seconds(10);
constexpr Duration kMetricsPace = std::chrono::seconds(1);

}  // namespace

void Pipeline::read_for_platform(const std::string& device,
                                 const std::function<void(publish::CommandResult)>& done) {
    const auto found = std::find_if(site_.devices.begin(), site_.devices.end(),
                                    [&](const config::Device& one) { return one.name == device; });
    if (found == site_.devices.end()) {
        done({v1::OUTCOME_NOT_FOUND, "no device is named \"" + to_plain(device.substr(0, 64)) + "\"", 0});
        return;
    }
    const DeviceId id{static_cast<std::uint32_t>(found - site_.devices.begin())};
    const Result<void> asked = read(id, [this, done](const std::vector<Sample>& samples) {
        publish::CommandResult result{v1::OUTCOME_DONE, "", 0};
        const alarms::Stamp now = stamp();
        for (const Sample& sample : samples) {
            const config::PointSpec& spec = site_.spec(sample.point);
            const auto ago =
                std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - sample.taken);
            alarms::Stamp taken{now.boot, now.monotonic_us - ago.count(), now.wall};
            if (taken.wall) {
                *taken.wall -= ago;
            }
            result.readings.push_back(
                {spec.name, spec.unit, sample.value, sample.text, sample.quality, sample.reason, taken});
        }
        done(std::move(result));
    });
    if (!asked) {
        done({v1::OUTCOME_REFUSED, asked.error().what, 0});
    }
}

/// For consumers that will ask for it when the configuration is another one.
void Pipeline::keep_catalogue() {
    publish::CatalogueShelf shelf(site_.store.path);
    const Result<void> kept =
        shelf.put(publisher_->catalogue_hash(), publisher_->catalogue_parts(), start_.number);
    if (!kept) {
        log::warning("点表目录未能保存:" + kept.error().what,
                     "the catalogue is not kept for later: " + kept.error().what);
    }
    shelf.prune(start_.oldest_held == 0 ? start_.number : start_.oldest_held);
}

std::string Pipeline::state() const {
    v1::State state;
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (!workers_[i]) {
            continue;
        }
        const sampling::BusSnapshot seen = snapshot(BusId{i});
        v1::BusState& bus = *state.add_buses();
        bus.set_name(site_.buses[i].name);
        bus.set_open(seen.open);
        bus.set_load(seen.load);
        bus.set_requests(seen.traffic.requests);
        bus.set_answers(seen.traffic.answers);
        bus.set_timeouts(seen.traffic.timeouts);
        bus.set_bad_frames(seen.traffic.bad_frames);
        bus.set_exceptions(seen.traffic.exceptions);
        std::uint32_t online = 0;
        std::uint32_t degraded = 0;
        std::uint32_t offline = 0;
        for (const sampling::Health health : seen.devices) {
            online += health == sampling::Health::kOnline ? 1U : 0U;
            degraded += health == sampling::Health::kDegraded ? 1U : 0U;
            offline += health == sampling::Health::kOffline ? 1U : 0U;
        }
        bus.set_devices_online(online);
        bus.set_devices_degraded(degraded);
        bus.set_devices_offline(offline);
    }
    return state.SerializeAsString();
}

sampling::BusSnapshot Pipeline::snapshot(BusId bus) const {
    const auto& worker = workers_[bus.value];
    if (worker) {
        return worker->snapshot();
    }
    sampling::BusSnapshot own;
    own.open = true;
    own.devices = {sampling::Health::kOnline};
    return own;
}

publish::Questions Pipeline::questions() {
    return {
        .standing = [this] { return table_.standing(); },
        .last_event_sequence = [this] { return publisher_->next_event_sequence() - 1; },
        .carry_out =
            [this](const publish::PlatformCommand& command,
                   const std::function<void(publish::CommandResult)>& done) { carry_out(command, done); },
        .catalogue =
            [this](const std::string& hash) { return publish::CatalogueShelf(site_.store.path).get(hash); },
        .take_up = [this](alarms::Alarm alarm) { return take_up(std::move(alarm)); },
        .listed = [this] { end_hold(); },
        .name_in_use = [this](std::uint64_t start, bool alive) { name_in_use(start, alive); },
        .state = [this] { return state(); },
        .notice =
            [](publish::Notice notice, const std::string& text) {
                notice == publish::Notice::kInfo ? log::info(text, text) : log::warning(text, text);
            }};
}

control::Daemon Pipeline::desk() {
    control::Daemon daemon;
    daemon.site = &site_;
    daemon.version = version_;
    daemon.configuration_hash = configuration_hash_;
    daemon.configuration_trouble = configuration_trouble_;
    daemon.epoch = start_.epoch;
    daemon.start = start_.number;
    daemon.started = started_;
    daemon.now = [this] { return clock_.moment(); };
    daemon.alarms = [this]() -> const alarms::Table& { return table_; };
    daemon.bus = [this](BusId bus) { return snapshot(bus); };
    daemon.budgets = promises_.budgets();
    daemon.promise = [this](BusId bus) { return promises_.last(bus); };
    daemon.promise_breaks = [this](BusId bus) { return promises_.breaks(bus); };
    daemon.store = [this] { return store_->usage(); };
    daemon.publisher = [this] { return publisher_->status(); };
    daemon.change = [this](const alarms::Wish& wish,
                           const std::function<void(const alarms::Outcome&)>& done) {
        const auto outcome = std::make_shared<alarms::Outcome>();
        *outcome = change(wish, [outcome, done] { done(*outcome); });
    };
    daemon.service = [this](const alarms::ServiceWish& wish, std::function<void()> done) {
        return change_service(wish, std::move(done));
    };
    daemon.stamp = [this] { return stamp(); };
    daemon.read = [this](DeviceId device, std::function<void(std::vector<Sample>)> done) {
        return read(device, std::move(done));
    };
    daemon.decommission = [this](const alarms::Actor& actor,
                                 const std::function<void(Result<std::size_t>)>& done) {
        decommission(actor, done);
    };
    add_lines(daemon);
    add_history(daemon);
    return daemon;
}

/// What `gengfu replay` and `gengfu alarms --history` read.
void Pipeline::add_history(control::Daemon& daemon) {
    daemon.held = [this](std::function<void(Result<std::vector<store::StreamRanges>>)> found) {
        store_->held(std::move(found));
    };
    daemon.history = [this](Epoch epoch, Stream stream, store::SequenceRange range, std::size_t limit,
                            std::function<void(Result<store::Pending>)> found) {
        store_->history(epoch, stream, range, limit, std::move(found));
    };
    daemon.catalogue = [this](const std::string& hash) {
        return publish::CatalogueShelf(site_.store.path).get(hash);
    };
    daemon.calibrate = [this](const control::CalibrateWish& wish, std::function<void()> done) {
        return calibrate(wish, std::move(done));
    };
    daemon.blind = [this] { return blind(); };
    daemon.learned = [this] { return rules::to_text(judge_.learned()); };
}

/// What the installer's tools need of a bus.
void Pipeline::add_lines(control::Daemon& daemon) {
    daemon.lines = std::make_shared<control::LineDesk>();
    daemon.post = [this](std::function<void()> what) { asio::post(core_, std::move(what)); };
    const auto on_line = [this](BusId bus, sampling::BusWorker::LineJob job) -> Result<void> {
        if (!workers_[bus.value]) {
            return fail(Errc::kNotFound, "the gateway itself is not on a bus; see `gengfu status`");
        }
        return workers_[bus.value]->on_line(std::move(job));
    };
    daemon.on_line = on_line;
    daemon.tap = [this](BusId bus, drivers::Tap tap) -> Result<void> {
        if (!workers_[bus.value]) {
            return fail(Errc::kNotFound, "the gateway itself is not on a bus; see `gengfu status`");
        }
        return workers_[bus.value]->tap(std::move(tap));
    };
    daemon.lend = [this](BusId bus, Duration time, std::string to_whom,
                         std::function<void()> done) -> Result<void> {
        if (!workers_[bus.value]) {
            return fail(Errc::kNotFound, "the gateway itself is not on a bus; see `gengfu status`");
        }
        lent_until_[bus.value] = clock_.now() + time + kAfterLoan;
        return workers_[bus.value]->lend(time, std::move(to_whom), std::move(done));
    };
}

Result<void> Pipeline::read(DeviceId device, std::function<void(std::vector<Sample>)> done) {
    const BusId bus = site_.device(device).bus;
    if (!workers_[bus.value]) {
        return fail(Errc::kNotFound, "the gateway itself is not on a bus; see `gengfu status`");
    }
    return workers_[bus.value]->read_now(device, [this, done = std::move(done)](std::vector<Sample> samples) {
        asio::post(core_, [done, samples = std::move(samples)] { done(samples); });
    });
}

/// A port that another program has is no reason not to watch sensors: it is told once and tried again.
void Pipeline::open_console() {
    if (!site_.console.enabled || stopping_) {
        return;
    }
    Result<std::unique_ptr<console::Server>> opened = console::Server::open(
        core_.get_executor(), site_.console, [this](std::string_view path) { return page(path); });
    if (opened) {
        console_ = std::move(*opened);
        const std::string where = site_.console.address + " port " + std::to_string(console_->port());
        if (console_told_) {
            log::info("指标页面已在 " + where + " 打开", "metrics are served at " + where + " now");
        }
        return;
    }
    if (!console_told_) {
        console_told_ = true;
        log::warning("指标页面无法打开(" + opened.error().what +
                         "):/metrics 与 /healthz 暂不可用;可在 [console] 的 listen 另选端口",
                     opened.error().what +
                         ": no /metrics and /healthz until that is free; [console] listen "
                         "chooses another");
    }
    console_timer_.expires_after(kConsoleAgain);
    console_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            open_console();
        }
    });
}

/// However often somebody asks, the figures are made once a second: they take core's time.
console::Page Pipeline::page(std::string_view path) {
    const Monotonic now = clock_.now();
    if (path == "/metrics" && !metrics_.empty() && now < metrics_made_ + kMetricsPace) {
        return {200, console::kMetricsType, metrics_};
    }
    console::Page made = console::page(desk_, path);
    if (path == "/metrics") {
        metrics_ = made.body;
        metrics_made_ = now;
    }
    return made;
}

}  // namespace gengfu
