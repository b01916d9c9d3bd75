#include "daemon/sampling/device_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/sampling/health.hpp"
#include "daemon/sampling/turn_cost.hpp"
#include "daemon/sampling/write_request.hpp"
#include "drivers/modbus/timing.hpp"

namespace gengfu::sampling {
namespace {

namespace modbus = drivers::modbus;

/// A wait for which a turn is not put off. Of two with one address the second's answer is seen for what it is
/// only while the line is silent.
constexpr Duration kShortHold = std::chrono::milliseconds(150);

std::vector<config::PointRef> every_point(const config::Profile& profile) {
    std::vector<config::PointRef> points(profile.read_count());
    for (std::size_t i = 0; i < points.size(); ++i) {
        points[i] = static_cast<config::PointRef>(i);
    }
    return points;
}

Reason reason_of(Errc code) {
    switch (code) {
        case Errc::kBadFrame:
            return Reason::kCrc;
        case Errc::kRefused:
        case Errc::kBusy:
        case Errc::kUnsupported:
            return Reason::kException;
        case Errc::kIo:
            return Reason::kLine;
        default:
            return Reason::kTimeout;
    }
}

bool is_exception(Errc code) {
    return code == Errc::kRefused || code == Errc::kBusy || code == Errc::kUnsupported;
}

/// What a unit that did not answer as it should has said; nothing of one that is silent, or refuses.
std::string what_came(const Error& error) {
    const bool came = error.code == Errc::kBadFrame || (error.code == Errc::kTimeout && error.exception != 0);
    if (!came) {
        return {};
    }
    const std::size_t named = error.what.find(": ");  // "bus rs485-1 unit 7: ..."
    return named == std::string::npos ? error.what : error.what.substr(named + 2);
}

}  // namespace

Result<void> plannable(const config::Site& site, DeviceId id) {
    const config::Device& device = site.device(id);
    const config::Profile& profile = site.profile(device);
    const std::vector<modbus::Wanted> wanted = modbus::wanted(profile, every_point(profile));
    const modbus::Cost cost =
        modbus::cost(site.bus(device.bus), site.turnaround(device).value_or(kUsualTurnaround));
    Result<std::vector<modbus::Read>> reads = modbus::plan_reads(wanted, modbus::limits(profile), cost);
    if (!reads) {
        return fail(reads.error().code, "device \"" + device.name + "\": " + reads.error().what);
    }
    return {};
}

DeviceReader::DeviceReader(const config::Site& site, DeviceId device, const std::vector<Cadence>& cadences)
    : site_(&site),
      device_(device),
      cadences_(cadences),
      responses_(longest_turnaround(site, device), taken_turnaround(site, device)),
      interpreter_(site.profile(site.device(device)), site.device(device).first_point) {
    const config::Device& of = site.device(device);
    const config::Profile& profile = site.profile(of);
    const config::Bus& bus = site.bus(of.bus);
    wanted_ = modbus::wanted(profile, every_point(profile));
    limits_ = modbus::limits(profile);
    cost_ = modbus::cost(bus, site.turnaround(of).value_or(kUsualTurnaround));
    if (bus.kind == config::BusKind::kModbusRtu) {
        character_ = modbus::character_time(bus.serial);
    }
    readings_.resize(profile.points.size());
    handed_over_.reserve(profile.read_count());
    pauses_.resize(profile.points.size());
    read_before_.resize(profile.points.size());
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        readings_[i].point = static_cast<config::PointRef>(i);
    }
    for (std::size_t i = 0; i < cadences_.size(); ++i) {
        all_ |= DueSet{1} << i;
    }
    last_began_.resize(cadences_.size());
    tool_between_.resize(cadences_.size());
}

std::vector<config::PointRef> DeviceReader::points_of(DueSet due) const {
    std::vector<config::PointRef> points;
    for (std::size_t i = 0; i < cadences_.size(); ++i) {
        if ((due & (DueSet{1} << i)) != 0) {
            points.insert(points.end(), cadences_[i].points.begin(), cadences_[i].points.end());
        }
    }
    std::sort(points.begin(), points.end());
    return points;
}

DeviceReader::Reads& DeviceReader::plan(DueSet due, Monotonic now) {
    for (Refusal& one : refused_) {
        if (!one.asking && now >= one.until) {
            one.asking = true;
            plans_.clear();
        }
    }
    if (cut_until_ && now >= *cut_until_) {
        cut_until_.reset();
        plans_.clear();
    }
    const auto known = plans_.find(due);
    if (known != plans_.end()) {
        return known->second;
    }
    std::vector<config::PointRef> refused;  // all of them
    std::vector<config::PointRef> waiting;  // not asked at present
    for (const Refusal& one : refused_) {
        refused.push_back(one.point);
        if (!one.asking) {
            waiting.push_back(one.point);
        }
    }
    std::vector<modbus::Wanted> wanted;
    std::vector<modbus::Wanted> again;
    const std::vector<config::PointRef> points = points_of(due);
    for (const config::PointRef point : points) {
        const bool is_refused = std::find(refused.begin(), refused.end(), point) != refused.end();
        if (!is_refused) {
            wanted.push_back(wanted_[point]);
        } else if (!is_set_aside(point)) {
            again.push_back(wanted_[point]);
        }
    }
    if (wanted.empty() && again.empty() && !points.empty()) {
        // A unit that is asked nothing would count as dead: one point shows that it answers, and when it is
        // well again.
        return plans_.emplace(due, plan_around({wanted_[points.front()]}, {})).first->second;
    }
    Reads reads = plan_around(wanted, refused);
    // Apart from the rest, which is not cut anew for what is refused still.
    Reads apart = plan_around(again, waiting);
    reads.insert(reads.end(), std::make_move_iterator(apart.begin()), std::make_move_iterator(apart.end()));
    return plans_.emplace(due, std::move(reads)).first->second;
}

DeviceReader::Reads DeviceReader::plan_around(const std::vector<modbus::Wanted>& wanted,
                                              const std::vector<config::PointRef>& refused) const {
    modbus::Limits around = limits_;
    for (const config::PointRef point : refused) {
        const modbus::Wanted& one = wanted_[point];
        const auto last = static_cast<std::uint16_t>(one.reg.address + one.count - 1);
        around.forbid.push_back({one.reg.space, one.reg.address, last});
    }
    Result<Reads> reads = modbus::plan_reads(wanted, around, cost_);
    if (!reads) {
        // Two points share a register, or one is only to be had with what is beside it.
        reads = modbus::plan_reads(wanted, limits_, cost_);
    }
    // plannable() was asked before the daemon accepted the configuration; a subset of a plannable set is
    // plannable.
    return reads ? std::move(*reads) : Reads{};
}

drivers::Request DeviceReader::request_for(const modbus::Read& read) const {
    const config::Device& device = site_->device(device_);
    return {.unit = device.unit,
            .function = read.function,
            .address = read.address,
            .count = read.count,
            .values = {},
            .turnaround = responses_.wait(),
            .min_gap = site_->profile(device).min_gap,
            .longest_turnaround = responses_.longest()};
}

void DeviceReader::learn(const modbus::Read& read, const drivers::Answer& answer) {
    const bool bits = read.function <= 2;
    const std::int64_t payload = bits ? (read.count + 7) / 8 : 2 * read.count;
    const auto frames =
        static_cast<std::int64_t>(modbus::kRtuReadRequestBytes + modbus::kRtuReadAnswerOverhead);
    const Duration response = answer.received - answer.sent - character_ * (frames + payload);
    responses_.answered(response);
    traffic_.responses.add(response);
}

Result<drivers::Answer> DeviceReader::transact(drivers::Bus& bus, const drivers::Request& request) {
    ++traffic_.requests;
    Result<drivers::Answer> answer = bus.transact(request);
    if (answer) {
        ++traffic_.answers;
    } else {
        traffic_.failed(answer.error().code);
    }
    if (!answer && traffic_.trouble.empty()) {
        traffic_.trouble = what_came(answer.error());
    }
    return answer;
}

Result<void> DeviceReader::set_up(drivers::Bus& bus) {
    const std::vector<config::SetupWrite>& setup = site_->profile(site_->device(device_)).setup;
    for (; next_setup_ < setup.size(); ++next_setup_) {
        Result<drivers::Answer> answer = transact(bus, setup_request(*site_, device_, setup[next_setup_]));
        if (!answer) {
            return pass(answer);
        }
    }
    return {};
}

Result<void> DeviceReader::write(const drivers::Request& request, drivers::Bus& bus) {
    Result<drivers::Answer> answer = transact(bus, request);
    return answer ? Result<void>{} : Result<void>(pass(answer));
}

void DeviceReader::note_pace(const Turn& turn, const TurnResult& result, Monotonic began, Monotonic ended) {
    for (std::size_t i = 0; i < cadences_.size(); ++i) {
        if ((turn.due & (DueSet{1} << i)) == 0) {
            continue;
        }
        std::optional<Monotonic>& last = last_began_[i];
        if (!result.answered || result.disturbed) {
            last.reset();  // a unit that does not answer, and noise, are nobody's promise
            tool_between_[i] = false;
        } else {
            if (last && cadences_[i].feeds_alarm && !cadences_[i].on_connect) {
                Duration& worst = tool_between_[i] ? traffic_.worst_with_tool : traffic_.worst_reading;
                worst = std::max(worst, ended - *last);
                if (!tool_between_[i]) {
                    of_late_.add(ended - *last, ended);
                }
            }
            last = began;
            tool_between_[i] = false;
        }
    }
}

void DeviceReader::store(const modbus::Read& read, const drivers::Answer& answer) {
    const config::Profile& profile = site_->profile(site_->device(device_));
    for (const std::size_t point : read.points) {
        Reading& reading = readings_[point];
        reading.taken = answer.received;
        Result<modbus::Raw> raw =
            modbus::decode(profile.points[point], modbus::slice(read, wanted_[point], answer.values));
        if (raw) {
            reading.raw = std::move(*raw);
            reading.reason = Reason::kNone;
            reading.exception = 0;
            pauses_[point] = {};
            read_before_[point] = true;
            replan_ =
                std::erase_if(refused_, [point](const Refusal& one) { return one.point == point; }) > 0 ||
                replan_;
        } else {
            reading.raw.reset();
            reading.reason = Reason::kCrc;
        }
    }
}

void DeviceReader::fail(const modbus::Read& read, const Error& error, Monotonic at) {
    for (const std::size_t point : read.points) {
        readings_[point].raw.reset();
        readings_[point].reason = reason_of(error.code);
        readings_[point].exception = error.exception;
        readings_[point].taken = at;
    }
}

void DeviceReader::refused(Reads& reads, std::size_t position, Monotonic now) {
    const modbus::Read read = reads[position];
    const Reads halves = modbus::split(read, wanted_, limits_);
    reads.erase(reads.begin() + static_cast<std::ptrdiff_t>(position));
    if (!halves.empty()) {
        reads.insert(reads.begin() + static_cast<std::ptrdiff_t>(position), halves.begin(), halves.end());
        return;
    }
    for (const std::size_t point : read.points) {
        set_aside(point, now);
    }
}

void DeviceReader::set_aside(std::size_t point, Monotonic now) {
    const Duration longest = read_before_[point] ? kLongestPause : kRetryRefused;
    pauses_[point] = std::clamp(2 * pauses_[point], kFirstPause, longest);
    std::erase_if(refused_, [point](const Refusal& one) { return one.point == point; });
    refused_.push_back({static_cast<config::PointRef>(point), now + pauses_[point]});
    replan_ = true;  // the others are merged again, and never over it
}

bool DeviceReader::is_set_aside(std::size_t point) const {
    return std::any_of(refused_.begin(), refused_.end(),
                       [point](const Refusal& one) { return one.point == point && !one.asking; });
}

TurnResult DeviceReader::take(const Turn& turn, drivers::Bus& bus, const Clock& clock,
                              std::vector<Sample>& out, OnHold on_hold) {
    TurnResult result;
    const std::uint8_t unit = site_->device(device_).unit;
    const Monotonic began = clock.now();
    Reads& reads = plan(turn.due, began);
    traffic_.trouble.clear();
    for (const config::PointRef point : points_of(turn.due)) {
        // What was set aside keeps the code that it was refused with.
        readings_[point] = {.point = point,
                            .raw = {},
                            .reason = Reason::kException,
                            .taken = began,
                            .exception = readings_[point].exception};
    }
    const auto only_asks = [this](const modbus::Read& read) { return is_set_aside(read.points.front()); };
    bool is_back = false;
    bool was_cut = false;
    const Result<void> ready = set_up(bus);
    for (std::size_t i = 0; i < reads.size();) {
        Result<drivers::Answer> answer = ready ? transact(bus, request_for(reads[i]))
                                               : Result<drivers::Answer>(tl::make_unexpected(ready.error()));
        if (answer) {
            result.answered = true;
            is_back = is_back || only_asks(reads[i]);
            learn(reads[i], *answer);
            if (bus.is_unproven(unit)) {
                if (on_hold == OnHold::kPutOff) {
                    result.put_off = true;
                    settle_plans(is_back, was_cut, clock.now());
                    return result;
                }
                continue;  // who waits for the value gets it when it can be believed
            }
            store(reads[i], *answer);
            ++i;
            const bool holds = i < reads.size() && bus.not_before(unit) > clock.now() + kShortHold;
            if (holds && on_hold == OnHold::kPutOff && !result.disturbed) {
                result.put_off = true;
                settle_plans(is_back, was_cut, clock.now());
                return result;
            }
            continue;
        }
        const Errc code = answer.error().code;
        if (code == Errc::kInterrupted) {
            result.interrupted = true;
            return result;
        }
        result.answered = result.answered || is_exception(code);
        result.disturbed = result.disturbed || !is_exception(code);
        result.damaged = result.damaged || answer.error().damaged_answer;
        fail(reads[i], answer.error(), clock.now());
        if (code == Errc::kTimeout) {
            responses_.timed_out();
        }
        if (code == Errc::kUnsupported && ready && !only_asks(reads[i])) {
            refused(reads, i, clock.now());
            was_cut = true;
            continue;  // the halves stand at i now
        }
        ++i;
        const bool two_answer = code == Errc::kBadFrame && bus.two_answer(unit);  // neither is believed
        // The next request would hold the line for longer than any answer may take.
        const bool holds = bus.not_before(unit) > clock.now() + responses_.longest();
        if (!ready || code == Errc::kIo || (code == Errc::kTimeout && !result.answered) || two_answer ||
            holds) {
            // A unit that is silent costs one time-out a turn, not one a request; so do two at one address.
            for (; i < reads.size(); ++i) {
                fail(reads[i], answer.error(), clock.now());
            }
            result.line_lost = code == Errc::kIo;
            result.trouble = answer.error().what;
        }
    }
    settle_plans(is_back, was_cut, clock.now());
    note_pace(turn, result, began, clock.now());
    hand_over(turn.due, out);
    return result;
}

void DeviceReader::settle_plans(bool is_back, bool was_cut, Monotonic now) {
    if (is_back) {
        for (Refusal& one : refused_) {
            one.asking = true;
        }
    }
    if (is_back || replan_) {
        plans_.clear();
    } else if (was_cut) {
        cut_pause_ = std::clamp<Duration>(2 * cut_pause_, kFirstPause, kRetryRefused);
        cut_until_ = now + cut_pause_;
    }
    replan_ = false;
}

void DeviceReader::hand_over(DueSet due, std::vector<Sample>& out) {
    handed_over_.clear();
    for (const config::PointRef point : points_of(due)) {
        handed_over_.push_back(std::move(readings_[point]));
    }
    interpreter_.interpret(handed_over_, out);
}

void DeviceReader::give_up(DueSet due, Reason reason, Monotonic now, std::vector<Sample>& out) {
    for (const config::PointRef point : points_of(due)) {
        readings_[point] = {.point = point, .raw = {}, .reason = reason, .taken = now};
    }
    hand_over(due, out);
}

void DeviceReader::line_away(Away why) {
    for (std::size_t i = 0; i < cadences_.size(); ++i) {
        if (why == Away::kTool) {
            tool_between_[i] = true;
        } else {
            last_began_[i].reset();
        }
    }
}

void DeviceReader::ask_refused_again() {
    refused_.clear();
    plans_.clear();
}

UnitTraffic DeviceReader::traffic(Monotonic now) {
    traffic_.worst_of_late = of_late_.of(now);
    traffic_.slowest = responses_.slowest();
    traffic_.is_slower = responses_.is_slower();
    traffic_.set_aside.clear();
    for (std::size_t i = 0; i < pauses_.size(); ++i) {
        if (pauses_[i] > Duration::zero()) {  // also between two tries
            traffic_.set_aside.push_back(static_cast<config::PointRef>(i));
        }
    }
    return traffic_;
}

}  // namespace gengfu::sampling
