// What befalls the gateway itself: its store, its clock, its certificates, its name.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>

#include "daemon/control/decommissioned.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/publish/tls_files.hpp"

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// So long after the last sign of another gateway of our name the alarm stands. Two that put each other out
/// come back within a minute.
constexpr auto kNamesakeTold = std::chrono::minutes(10);
/// A start above another's number is not tried again sooner: two gateways of one name would restart each
/// other for ever.
constexpr auto kAboveAgain = std::chrono::minutes(10);
/// No gateway's forgotten starts are more than this: a number farther ahead is a mistake or an attack, and
/// following it would use up the numbers that there are (25 bits).
constexpr std::uint64_t kFarthestAhead = 10'000;
constexpr auto kAnswered = std::chrono::milliseconds(200);

Sample self_sample(const config::Site& site, config::SelfPoint point, double value, Monotonic now) {
    Sample one;
    one.point = config::self_point(site, point);
    one.quality = Quality::kGood;
    one.value = value;
    one.taken = now;
    return one;
}

}  // namespace

/// Who begins anew above the other has not heard of it yet, and it is not gone for that.
void Pipeline::remember_namesake() {
    const config::Rule& rule = site_.rules[config::self_rule(site_, config::SelfPoint::kIdentityInUse).value];
    for (const alarms::Alarm* alarm : table_.standing()) {
        if (alarm->active && alarm->key.device == config::kSelfName && alarm->key.rule == rule.name) {
            namesake_seen_ = clock_.now();
        }
    }
}

std::vector<Sample> Pipeline::store_samples(Monotonic now) {
    table_.set_detail(config::self_rule(site_, config::SelfPoint::kStoreTrouble), store_watch_.detail());
    return {
        self_sample(site_, config::SelfPoint::kStoreTrouble, store_watch_.trouble(now) ? 1 : 0, now),
        self_sample(site_, config::SelfPoint::kStoreFull, store_watch_.full() ? 1 : 0, now),
        self_sample(site_, config::SelfPoint::kStoreSlow, store_watch_.take_slow(), now),
    };
}

void Pipeline::look_at_self() {
    const std::uint64_t abandoned = store_->usage().records_abandoned;
    const double lost = static_cast<double>(abandoned - abandoned_seen_);
    abandoned_seen_ = abandoned;
    const Monotonic now = clock_.now();
    const auto sample = [&](config::SelfPoint point, double value) {
        return self_sample(site_, point, value, now);
    };
    const publish::PublisherStatus link = publisher_->status();
    table_.set_detail(config::self_rule(site_, config::SelfPoint::kConsumerSilent),
                      {":" + link.silent_consumer, ": " + link.silent_consumer});
    const std::string denied = link.denied && !link.trouble.empty() ? link.trouble : std::string();
    table_.set_detail(config::self_rule(site_, config::SelfPoint::kPublishDenied),
                      {std::string(), denied.empty() ? denied : ": " + denied});
    std::vector<Sample> samples{
        sample(config::SelfPoint::kConfigurationRefused, configuration_trouble_.empty() ? 0 : 1),
        sample(config::SelfPoint::kConsumerSilent,
               std::floor(std::chrono::duration<double, std::ratio<3600>>(link.consumer_silent).count())),
        sample(config::SelfPoint::kRecordsAbandoned, lost),
        sample(config::SelfPoint::kPublishDenied, link.denied ? 1 : 0),
        sample(config::SelfPoint::kClockUnknown, clock_.wall() ? 0 : 1),
        sample(config::SelfPoint::kIdentityInUse,
               namesake_seen_ && now - *namesake_seen_ < kNamesakeTold ? 1 : 0)};
    const std::optional<Wall> wall = clock_.wall();
    const std::optional<publish::Expiry> expiry = wall ? publish::first_expiry(site_.mqtt) : std::nullopt;
    if (expiry) {
        const double days = std::chrono::duration<double, std::ratio<86400>>(expiry->at - *wall).count();
        const std::string at = to_iso8601(expiry->at);
        table_.set_detail(config::self_rule(site_, config::SelfPoint::kCertificateDays),
                          {":" + expiry->path + (days < 0 ? " 已于 " + at + " 到期" : " 有效期至 " + at),
                           ": " + expiry->path + (days < 0 ? " expired on " : ", until ") + at});
        samples.push_back(sample(config::SelfPoint::kCertificateDays, std::max(0.0, std::floor(days))));
    }
    store_watch_.look(store_->usage(), now);
    for (Sample& one : store_samples(now)) {
        samples.push_back(std::move(one));
    }
    judge(samples);
    publisher_->samples(samples);
    self_timer_.expires_after(config::kSelfInterval);
    self_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            look_at_self();
        }
    });
}

void Pipeline::start_clock_watch() {
    if (clock_watch_ == nullptr) {
        return;
    }
    const bool undated = undated_boot_ == clock_.boot();
    if (!clock_.wall()) {
        undated_boot_ = clock_.boot();
        log::warning("系统时间尚未同步:记录暂不带时间,同步后补记",
                     "the system's time is not known yet: records carry none, and are dated when it is");
    }
    clock_watch_->start({.known = [this](bool known) { clock_known(known); },
                         .jumped = [this](std::int64_t jump_us) { clock_jumped(jump_us); },
                         .fix =
                             [this](std::int64_t wall_of_zero_us, std::uint64_t error_us) {
                                 publisher_->clock_fix(wall_of_zero_us, error_us);
                                 undated_boot_ = {};
                                 save_book_soon();
                             }},
                        undated);
}

void Pipeline::clock_known(bool known) {
    if (known) {
        log::info("系统时间已可信", "the system's time is known");
    } else {
        log::warning("系统时间不再可信:记录暂不带时间",
                     "the system's time is not known any more: records carry none");
        undated_boot_ = clock_.boot();
        save_book_soon();
    }
    look_at_self();
}

void Pipeline::clock_jumped(std::int64_t jump_us) {
    const std::string seconds = std::to_string(static_cast<double>(jump_us) / 1e6);
    log::warning("系统时间被调整 " + seconds + " 秒", "somebody set the system's time by " + seconds + " s");
}

void Pipeline::name_in_use(std::uint64_t start, bool alive) {
    const Monotonic now = clock_.now();
    if (alive) {
        const bool news = !namesake_seen_ || now - *namesake_seen_ >= kNamesakeTold;
        namesake_seen_ = now;
        if (news) {
            log::warning("服务器上有另一台网关使用同一编号 " + site_.gateway.id,
                         "another gateway of our id " + site_.gateway.id + " is at the broker");
            look_at_self();
        }
    }
    if (start > start_.number && start - start_.number > kFarthestAhead) {
        if (!std::exchange(far_ahead_told_, true)) {
            log::warning(
                "服务器上本编号的登记启动序号为 " + std::to_string(start) + ",不可能属于本网关,不予理会",
                "a birth of our id with start number " + std::to_string(start) +
                    " is at the broker, which cannot be ours: not followed; see who may publish there");
        }
        return;
    }
    const bool may = start_above_ == 0 || now - started_ >= kAboveAgain;
    if (start < start_.number || asked_above_ || stopping_ || !may || !wishes_.start_above) {
        return;
    }
    asked_above_ = true;
    log::warning("服务器保留着本编号启动序号 " + std::to_string(start) + " 的登记,从更高的序号重新开始",
                 "the broker keeps a birth of our id with start number " + std::to_string(start) +
                     ", which is not ours: beginning anew above it");
    asio::post(core_, [this, start] { wishes_.start_above(start); });
}

void Pipeline::decommission(const alarms::Actor& actor,
                            const std::function<void(Result<std::size_t>)>& done) {
    if (!publisher_->status().connected) {
        done(fail(Errc::kIo, "there is no connection to a broker: nothing can be emptied there"));
        return;
    }
    release_actions([this, actor, done] {
        stop_watching();
        publisher_->audit(
            "decommissioned", actor,
            {"网关退役:" + actor.reason, "the gateway is taken out of service: " + actor.reason});
        save_book();
        empty_retained(actor, done);
    });
}

void Pipeline::empty_retained(const alarms::Actor& actor,
                              const std::function<void(Result<std::size_t>)>& done) {
    publisher_->decommission([this, actor, done](Result<std::size_t> emptied) {
        if (emptied) {
            const std::optional<Wall> wall = clock_.wall();
            const Result<void> marked =
                control::mark_decommissioned(site_.store.path, (wall ? to_iso8601(*wall) + " " : "") + "by " +
                                                                   actor.name + ": " + actor.reason);
            if (!marked) {
                log::error("退役标记未能写入:" + marked.error().what,
                           "the mark of being out of service cannot be written: " + marked.error().what);
            }
        }
        const auto& next = emptied ? wishes_.end : wishes_.start_anew;
        done(std::move(emptied));
        // The answer goes out first: the socket ends with the rest.
        hold_timer_.expires_after(kAnswered);
        hold_timer_.async_wait([next](boost::system::error_code error) {
            if (!error && next) {
                next();
            }
        });
    });
}

}  // namespace gengfu
