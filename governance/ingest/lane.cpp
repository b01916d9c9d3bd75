#include "governance/ingest/lane.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "daemon/core/log.hpp"

namespace gengfu::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How a lane fills a transaction.
struct Filling {
    Duration linger;  ///< at the latest so long after its first message
    Duration idle;    ///< when nothing more has come for so long: the broker's window may be full
};

Filling filling(const Settings& settings, LaneKind kind) {
    switch (kind) {
        case LaneKind::kEvents:
            return {milliseconds(5), Duration::zero()};  // somebody waits for the alarm
        case LaneKind::kPresence:
            return {milliseconds(100), milliseconds(5)};
        default:
            return {settings.batch.linger, std::min<Duration>(settings.batch.linger, milliseconds(10))};
    }
}

std::vector<Filter> filters(const Settings& settings, LaneKind kind) {
    std::vector<Filter> out;
    for (const std::string& community : settings.mqtt.communities) {
        const std::string base = settings.mqtt.root + "/" + community + "/+/";
        switch (kind) {
            case LaneKind::kEvents:
                out.push_back({base + "event", true});
                break;
            case LaneKind::kTelemetry:
                out.push_back({base + "tele", true});
                out.push_back({base + "hist", true});
                break;
            case LaneKind::kPresence:
                // Not through $share: retained messages come only to a plain subscription.
                for (const char* topic : {"birth", "state", "catalogue/+", "reply", "confirm"}) {
                    out.push_back({base + topic, false});
                }
                break;
        }
    }
    return out;
}

std::string client_id(const Settings& settings, LaneKind kind) {
    return settings.mqtt.client_id + "-" + kLaneNames[static_cast<std::size_t>(kind)];
}

Monotonic now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Lane::Lane(const Settings& settings, LaneKind kind, Figures& figures, Conversation& conversation)
    : settings_(settings),
      kind_(kind),
      figures_(figures.of(kind)),
      conversation_(conversation),
      link_(settings.mqtt, client_id(settings, kind), filters(settings, kind)),
      writer_(catalogues_, settings.database.distributed ? Claims::kByGateway : Claims::kTogether),
      arena_(std::make_unique<google::protobuf::Arena>()) {
    if (kind == LaneKind::kPresence) {
        clerk_.emplace(settings, figures, conversation);
    }
}

void Lane::run(const std::atomic<bool>& stop) {
    while (!stop) {
        figures_.alive_us = steady_us();
        if (!ensure_database()) {
            pause(seconds(1), stop);
            continue;
        }
        gather(stop);
        if (!messages_.empty() && !store(stop)) {
            break;
        }
        link_.release();
        tell_link();
        chores();
    }
}

void Lane::tell_link() {
    figures_.broker_up = link_.connected();
    const MqttLink::News news = link_.take_news();
    if (news.text.empty()) {
        return;
    }
    figures_.broker_trouble.set(news.good ? "" : news.text);
    const std::string line = std::string(kLaneNames[static_cast<std::size_t>(kind_)]) + ": " + news.text;
    news.good ? log::info(line, line) : log::warning(line, line);
}

bool Lane::is_full() const {
    // The broker sends no more than its window unacknowledged.
    return intake_.samples >= settings_.batch.samples || messages_.size() >= settings_.mqtt.window;
}

void Lane::take_new() {
    figures_.messages += messages_.size() - taken_;
    for (; taken_ < messages_.size(); ++taken_) {
        if (clerk_ && clerk_->hears(messages_[taken_])) {
            continue;
        }
        take_in(messages_[taken_], settings_.mqtt.root, *arena_, intake_);
    }
}

void Lane::gather(const std::atomic<bool>& stop) {
    constexpr Duration kTurn = milliseconds(100);  // without messages: look after the rest so often
    const Filling fill = filling(settings_, kind_);
    Monotonic end = now() + kTurn;
    bool first = true;
    while (!stop && !is_full()) {
        const Duration left = end - now();
        if (left <= Duration::zero()) {
            return;
        }
        const std::size_t before = messages_.size();
        link_.receive(first ? left : std::min(left, fill.idle), settings_.mqtt.window, messages_);
        take_new();
        if (first && messages_.empty()) {
            return;
        }
        if (first) {
            first = false;
            end = now() + fill.linger;
        } else if (messages_.size() == before) {
            return;
        }
    }
}

void Lane::pause(Duration how_long, const std::atomic<bool>& stop) const {
    const Monotonic end = now() + how_long;
    while (!stop && now() < end) {
        std::this_thread::sleep_for(std::min<Duration>(end - now(), milliseconds(50)));
    }
}

void Lane::waits(const std::string& why) {
    if (figures_.waiting_us == 0) {
        figures_.waiting_us = steady_us();
    }
    figures_.database_trouble.set(why);
    if (why != waiting_for_) {  // once per change, not once per attempt
        waiting_for_ = why;
        const std::string lane = kLaneNames[static_cast<std::size_t>(kind_)];
        log::warning(lane + ":暂停接收,等待数据库(不会丢失):" + why,
                     lane + ": reads nothing more until the database takes it (nothing is lost): " + why);
    }
}

void Lane::works() {
    figures_.waiting_us = 0;
    figures_.database_up = true;
    if (!waiting_for_.empty()) {
        waiting_for_.clear();
        const std::string lane = kLaneNames[static_cast<std::size_t>(kind_)];
        log::info(lane + ":数据库恢复,继续接收", lane + ": the database takes records again");
    }
}

bool Lane::ensure_database() {
    if (database_) {
        return true;
    }
    figures_.writing_us = steady_us();
    Result<Database> opened = Database::open(
        settings_.database, "gengfu-ingest " + std::string(kLaneNames[static_cast<std::size_t>(kind_)]));
    figures_.writing_us = 0;
    if (!opened) {
        figures_.database_up = false;
        waits(opened.error().what);
        return false;
    }
    database_.emplace(std::move(*opened));
    if (clerk_) {
        clerk_->reconnected();
    }
    works();
    return true;
}

void Lane::after_failure(const Error& error, const std::atomic<bool>& stop) {
    ++figures_.failures;
    if (error.code == Errc::kBusy) {
        pause(milliseconds(20), stop);  // another instance was in the way
        return;
    }
    if (error.code == Errc::kIo) {
        database_.reset();
    }
    figures_.database_up = false;
    waits(error.what);
    pause(seconds(1), stop);
}

bool Lane::store(const std::atomic<bool>& stop) {
    for (;;) {
        figures_.alive_us = steady_us();
        if (ensure_database()) {
            figures_.writing_us = steady_us();
            Result<Written> written = writer_.write(*database_, intake_);
            figures_.commit_us += static_cast<std::uint64_t>(steady_us() - figures_.writing_us);
            figures_.writing_us = 0;
            if (written) {
                works();
                settle(*written);
                forget_messages();
                return true;
            }
            after_failure(written.error(), stop);
        } else {
            pause(seconds(1), stop);
        }
        if (stop) {
            return false;
        }
    }
}

void Lane::settle(const Written& written) {
    figures_.transactions += 1;
    figures_.records += written.fresh;
    figures_.duplicates += written.duplicates;
    figures_.samples += written.samples;
    figures_.transitions += written.transitions;
    figures_.parked += written.parked.kept;
    figures_.turned_away += written.parked.turned_away;
    turned_away_news_.add(written.parked);
    if (written.catalogue_completed) {
        conversation_.catalogue_completed = true;
    }
    if (clerk_) {
        clerk_->superseded(written.superseded);
        for (const auto& birth : intake_.births) {
            clerk_->born(std::string(birth.topic.gateway), std::string(birth.topic.base));
        }
    }
    if (!written.missing.empty()) {
        conversation_.missing(written.missing, now());
    }
    std::map<std::string, std::string> bases;
    std::set<std::string> heard;
    for (const RecordIn& in : intake_.records) {
        if (!in.message->retained) {
            heard.insert(in.key.gateway);
        }
        std::string& base = bases[in.key.gateway];
        if (base.empty()) {
            base = in.message->topic.substr(0, in.message->topic.rfind('/'));
        }
    }
    conversation_.committed(bases);
    conversation_.heard(heard);
    note(written.quarantined);
}

void Lane::note(const Quarantined& quarantined) {
    figures_.quarantined += quarantined.messages;
    figures_.only_counted += quarantined.only_counted;
    quarantine_news_.add(quarantined);
}

void Lane::forget_messages() {
    intake_ = {};
    messages_.clear();
    taken_ = 0;
    arena_->Reset();
}

void Lane::chores() {
    if (const QuarantineNews::Line line = quarantine_news_.due(now()); !line.en.empty()) {
        log::warning(line.zh, line.en);
    }
    if (const TurnedAwayNews::Line line = turned_away_news_.due(now()); !line.en.empty()) {
        log::warning(line.zh, line.en);
    }
    if (kind_ == LaneKind::kTelemetry) {
        unpark();
    }
    if (clerk_ && database_) {
        Result<void> done = clerk_->look_around(*database_);
        if (done && link_.connected()) {
            done = clerk_->work(*database_, link_);
            link_.release();
        }
        if (!done && done.error().code == Errc::kIo) {
            database_.reset();
        }
    }
}

void Lane::unpark() {
    constexpr Duration kLook = seconds(10);  // another instance may have completed the catalogue
    constexpr std::size_t kMost = 500;
    const bool told = conversation_.catalogue_completed.exchange(false);
    if (!database_ || (!told && now() - unparked_ < kLook)) {
        return;
    }
    unparked_ = now();
    Result<Written> done = writer_.unpark(*database_, kMost);
    if (!done) {
        conversation_.catalogue_completed = true;
        if (done.error().code == Errc::kIo) {
            database_.reset();
        }
        return;
    }
    figures_.unparked += done->unparked;
    figures_.samples += done->samples;
    note(done->quarantined);
    if (done->unparked >= kMost) {
        conversation_.catalogue_completed = true;  // there may be more
    }
}

}  // namespace gengfu::ingest
