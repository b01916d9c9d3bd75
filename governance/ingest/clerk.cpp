#include "governance/ingest/clerk.hpp"

#include <chrono>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/topic.hpp"

namespace gengfu::ingest {
namespace {

/// So many gateways are confirmed in one turn: some milliseconds of the database.
constexpr std::size_t kConfirmsATurn = 200;
constexpr Duration kNoteEvery = std::chrono::seconds(5);
constexpr Duration kCountEvery = std::chrono::seconds(10);

Monotonic now() {
    return std::chrono::steady_clock::now();
}

Wall wall() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string level(std::string_view word) {
    return std::string(word.empty() ? "-" : word);
}

bool within(const std::string& pattern, const std::string& community) {
    const std::size_t slash = pattern.find('/');
    const std::size_t cut = community.find('/');
    const auto same = [](std::string_view wanted, std::string_view is) {
        return wanted == "+" || wanted == is;
    };
    return same(std::string_view(pattern).substr(0, slash), std::string_view(community).substr(0, cut)) &&
           same(std::string_view(pattern).substr(slash + 1), std::string_view(community).substr(cut + 1));
}

}  // namespace

bool Clerk::hears(const Message& message) {
    constexpr std::string_view kConfirm = "/confirm";
    if (!std::string_view(message.topic).ends_with(kConfirm)) {
        return false;
    }
    v1::Confirm confirm;
    const auto topic = parse_topic(settings_.mqtt.root, message.topic);
    if (topic && confirm.ParseFromString(message.payload) && confirm.consumer() == settings_.name &&
        confirm.ranges_size() != 0) {
        conversation_.confirmed_by_another(std::string(topic->gateway), now());
    }
    return true;
}

std::string Clerk::next_id() {
    static const std::uint64_t life = std::random_device{}() | std::uint64_t{std::random_device{}()} << 32U;
    return settings_.mqtt.client_id + "-" + std::to_string(life) + "-" + std::to_string(++ids_);
}

void Clerk::born(const std::string& gateway, const std::string& base) {
    asked_again_.erase(gateway);
    conversation_.committed({{gateway, base}});
}

Result<void> Clerk::look_around(Database& database) {
    Result<void> done = name_.look(database, now());
    figures_.name_trouble.set(name_.trouble());
    return done;
}

Result<void> Clerk::work(Database& database, MqttLink& link) {
    if (!checked_) {
        Result<bool> same = memory_.recognise(database);
        if (!same) {
            return pass(same);
        }
        checked_ = true;
        if (!*same) {
            lacking();
        }
    }
    if (!announced_) {
        if (Result<void> done = announce(database); !done) {
            return done;
        }
        announced_ = true;
    }
    ask(link);
    if (Result<void> done = confirm(database, link); !done) {
        return done;
    }
    Result<bool> same = memory_.tend(database);
    if (!same) {
        return pass(same);
    }
    if (!*same) {
        lacking();
    }
    figures_.can_remember = memory_.can_write();
    if (Result<void> done = note_heard(database); !done) {
        return done;
    }
    return count_silent(database);
}

/// Everybody is told anew what the database has, and asked for the rest.
void Clerk::lacking() {
    asked_again_.clear();
    announced_ = false;
}

/// Beginnings of the topics of those that this instance serves. \param rows  gateway, division,
/// community_code
std::map<std::string, std::string> Clerk::bases_of(const Rows& rows) const {
    std::map<std::string, std::string> bases;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::string community = level(rows.text(row, 1)) + "/" + level(rows.text(row, 2));
        const std::string gateway(rows.text(row, 0));
        bool ours = false;
        for (const std::string& pattern : settings_.mqtt.communities) {
            ours = ours || within(pattern, community);
        }
        if (ours && is_gateway_id(gateway) && community.find_first_of("+#") == std::string::npos) {
            bases.emplace(gateway, settings_.mqtt.root + "/" + community + "/" + gateway);
        }
    }
    return bases;
}

/// Empty ranges say that this consumer starts; the full ranges follow at once, so that gateways send again
/// what the last life had not committed, and nothing else.
Result<void> Clerk::announce(Database& database) {
    Result<Rows> rows = database.run("SELECT gateway, division, community_code FROM governance.gateway");
    if (!rows) {
        return pass(rows);
    }
    conversation_.committed(bases_of(*rows));
    return {};
}

void Clerk::say(MqttLink& link, const ConfirmPace::Due& to, const std::vector<Committed>& committed) {
    if (to.first) {
        link.publish(to.base + "/confirm", encode_confirm(settings_.name, {}));
    }
    if (!committed.empty()) {
        const bool said = link.publish(to.base + "/confirm", encode_confirm(settings_.name, committed));
        figures_.confirms += said ? 1 : 0;
    }
    const bool owed = owed_.contains(to.gateway);
    if (owed || (memory_.owes() && asked_again_.insert(to.gateway).second)) {
        const std::string command = encode_resend(settings_.name, next_id(), committed, wall());
        const bool said = link.publish(to.base + "/command/resend", command);
        figures_.resends += said ? 1 : 0;
        if (said && owed) {
            owed_.erase(to.gateway);
            asked_owed_.insert(to.gateway);
        }
    }
}

Result<void> Clerk::confirm(Database& database, MqttLink& link) {
    const std::vector<ConfirmPace::Due> due = conversation_.due(now(), kConfirmsATurn);
    if (due.empty()) {
        return {};
    }
    ArrayText gateways;
    std::map<std::string, std::string> bases;
    for (const ConfirmPace::Due& one : due) {
        gateways.add(one.gateway);
        bases.emplace(one.gateway, one.base);
    }
    Params params;
    params.add(gateways.text());
    Result<Rows> rows = database.run(
        "SELECT g, c.epoch, c.stream, c.first, c.last FROM unnest($1::text[]) g, governance.confirmed(g) c "
        "ORDER BY g, c.epoch, c.stream, c.first",
        params);
    if (!rows) {
        conversation_.committed(bases);  // later
        return pass(rows);
    }
    std::map<std::string, std::vector<Committed>> by_gateway;
    for (std::size_t row = 0; row < rows->size(); ++row) {
        auto& committed = by_gateway[std::string(rows->text(row, 0))];
        const auto epoch = static_cast<std::uint64_t>(number(*rows, row, 1));
        const auto stream = static_cast<std::uint8_t>(number(*rows, row, 2));
        if (committed.empty() || committed.back().epoch != epoch || committed.back().stream != stream) {
            committed.push_back({epoch, stream, {}});
        }
        committed.back().ranges.push_back({static_cast<std::uint64_t>(number(*rows, row, 3)),
                                           static_cast<std::uint64_t>(number(*rows, row, 4))});
    }
    Result<bool> covered = memory_.cover(database);
    if (!covered || !*covered) {
        conversation_.committed(bases);  // later
        checked_ = false;
        return covered ? Result<void>{} : pass(covered);
    }
    for (const ConfirmPace::Due& one : due) {
        say(link, one, by_gateway[one.gateway]);
    }
    return {};
}

void Clerk::ask(MqttLink& link) {
    for (const Missing& missing : conversation_.take_missing()) {
        const std::string command = encode_rebirth(settings_.name, next_id(), missing.hash, wall());
        figures_.rebirths += link.publish(missing.base + "/command/rebirth", command) ? 1 : 0;
    }
}

Result<void> Clerk::note_heard(Database& database) {
    if (now() - noted_ < kNoteEvery) {
        return {};
    }
    noted_ = now();
    const std::set<std::string> heard = conversation_.take_heard();
    ArrayText all;
    std::vector<std::string> calls;
    for (const std::string& gateway : heard) {
        all.add(gateway);
        if (settings_.database.distributed) {
            ArrayText one;
            one.add(gateway);
            calls.push_back(one.text());
        }
    }
    if (!settings_.database.distributed) {
        calls.push_back(all.text());
    }
    for (const std::string& gateways : calls) {
        Params params;
        params.add(gateways);
        if (Result<Rows> rows = database.run("SELECT governance.heard($1::text[])", params); !rows) {
            return pass(rows);
        }
    }
    return {};
}

Result<void> Clerk::count_silent(Database& database) {
    if (now() - counted_ < kCountEvery) {
        return {};
    }
    counted_ = now();
    Result<Rows> rows =
        database.run("SELECT count(*) FROM governance.gateway WHERE governance.is_silent(last_heard_at)");
    if (!rows) {
        return pass(rows);
    }
    figures_.silent = number(*rows, 0, 0);
    if (Result<void> done = look_for_offenders(database); !done) {
        return done;
    }
    return look_after_turned_away(database);
}

Result<void> Clerk::look_for_offenders(Database& database) {
    Result<Rows> rows = database.run(kOffendersQuery);
    if (!rows) {
        return pass(rows);
    }
    std::vector<Offender> all;
    for (std::size_t row = 0; row < rows->size(); ++row) {
        all.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                       static_cast<std::uint64_t>(number(*rows, row, 2)),
                       static_cast<std::uint64_t>(number(*rows, row, 3)), std::string(rows->text(row, 4)),
                       rows->text(row, 5) == "t"});
    }
    figures_.offenders.set(std::move(all));
    return {};
}

/// What was turned away for want of room, and whose catalogue has come since: gateways that wait for this
/// consumer's confirmation send it again by themselves, others have forgotten it but for their history.
Result<void> Clerk::look_after_turned_away(Database& database) {
    Result<std::vector<TurnedAway::Gateway>> turned_away = look_for_turned_away(database);
    if (!turned_away) {
        return pass(turned_away);
    }
    figures_.turned_away.set(std::move(*turned_away));
    if (Result<void> done = settle_owed(database, asked_owed_); !done) {
        return done;
    }
    asked_owed_.clear();
    Result<Rows> rows = look_for_owed(database);
    if (!rows) {
        return pass(rows);
    }
    const std::map<std::string, std::string> bases = bases_of(*rows);
    for (const auto& [gateway, base] : bases) {
        owed_.insert(gateway);
    }
    conversation_.committed(bases);  // said with the next confirmation
    return {};
}

}  // namespace gengfu::ingest
