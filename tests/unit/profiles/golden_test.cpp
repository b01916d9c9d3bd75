#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <set>

#include "daemon/sampling/device_reader.hpp"
#include "daemon/sampling/schedule.hpp"
#include "drivers/replay/replay_bus.hpp"
#include "drivers/replay/transcript.hpp"
#include "tests/unit/profiles/shipped.hpp"
#include "tests/unit/profiles/table_bus.hpp"
#include "tests/unit/profiles/transcript_file.hpp"

/// Every shipped profile against its golden transcript: loaded by the daemon's loader, planned by its
/// planner, decoded and judged by its sampling; only the line is a table.
namespace gengfu::profiles {
namespace {

constexpr Monotonic kBegin{std::chrono::hours(1)};

class SetClock final : public Clock {
public:
    Monotonic now() const override { return now_; }
    std::optional<Wall> wall() const override { return std::nullopt; }
    const BootId& boot() const override { return boot_; }
    void set(Monotonic now) { now_ = now; }

private:
    Monotonic now_ = kBegin;
    BootId boot_{};
};

std::string path_of(const std::string& profile) {
    return "tests/golden/profiles/" + profile + ".transcript";
}

class Golden : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        file_ = read_transcript_file(read_text(path_of(GetParam())));
        ASSERT_EQ(file_.mistake, "");
        ASSERT_FALSE(file_.groups.empty());
        loaded_ = load_with(device_text(GetParam(), file_.unit));
        ASSERT_TRUE(loaded_.site) << complaints(loaded_);
    }

    const config::Site& site() const { return *loaded_.site; }
    const config::Profile& profile() const { return site().profiles.at(0); }

    std::optional<config::PointRef> point(const std::string& name) const {
        for (std::size_t i = 0; i < profile().points.size(); ++i) {
            if (profile().points[i].name == name) {
                return static_cast<config::PointRef>(i);
            }
        }
        return std::nullopt;
    }

    TranscriptFile file_;
    config::Loaded loaded_;
};

void expect_sample(const Sample& sample, const Expected& expected, const std::string& where) {
    EXPECT_EQ(to_string(sample.quality), to_string(expected.quality)) << where;
    EXPECT_EQ(to_string(sample.reason), to_string(expected.reason)) << where;
    if (!expected.value) {
        EXPECT_TRUE(std::isnan(sample.value)) << where << " has a value: " << sample.value;
        return;
    }
    constexpr double kRelative = 1e-4;
    EXPECT_NEAR(sample.value, *expected.value, kRelative * std::max(std::abs(*expected.value), 1e-9))
        << where;
}

TEST_P(Golden, RegistersBecomeTheSamplesOfTheTranscript) {
    const DeviceId device{0};
    const std::vector<sampling::Cadence> cadences = sampling::cadences(site().device(device), profile());
    sampling::DeviceReader reader(site(), device, cadences);
    TableBus bus(profile(), file_.unit);
    SetClock clock;
    for (const Group& group : file_.groups) {
        bus.hold(group.memory);
        bus.tell_time(kBegin + group.at);
        clock.set(kBegin + group.at);
        std::vector<Sample> samples;
        const auto result =
            reader.take({.device = 0, .due = reader.all(), .at = kBegin + group.at}, bus, clock, samples);
        ASSERT_TRUE(result.answered);
        ASSERT_EQ(samples.size(), profile().points.size());
        for (const Expected& expected : group.expect) {
            const std::string where =
                path_of(GetParam()) + ":" + std::to_string(expected.line) + " " + expected.point;
            const auto ref = point(expected.point);
            ASSERT_TRUE(ref) << where << ": the profile has no such point";
            expect_sample(samples[*ref], expected, where);
        }
    }
    EXPECT_EQ(bus.offences(), std::vector<std::string>{});
}

void expect_registers(const config::PointSpec& spec, const Group& group, const Expected& expected) {
    for (std::uint16_t i = 0; i < drivers::modbus::register_count(spec); ++i) {
        const config::Register reg{spec.reg.space, static_cast<std::uint16_t>(spec.reg.address + i)};
        EXPECT_TRUE(group.memory.contains(reg)) << "line " << expected.line << " " << spec.name;
    }
}

/// Otherwise the filler of the table would be what is tested.
TEST_P(Golden, EveryExpectedPointHasItsRegistersInTheGroup) {
    for (const Group& group : file_.groups) {
        for (const Expected& expected : group.expect) {
            const auto ref = point(expected.point);
            ASSERT_TRUE(ref) << expected.point;
            std::vector<config::PointRef> read = profile().points[*ref].inputs;  // of a virtual point
            if (read.empty()) {
                read.push_back(*ref);
            }
            for (const config::PointRef each : read) {
                expect_registers(profile().points[each], group, expected);
            }
        }
    }
}

TEST_P(Golden, EveryPointIsReadGoodOnceAndEveryWayToGoBadIsShown) {
    std::set<std::string> good;
    std::set<Reason> shown;
    for (const Group& group : file_.groups) {
        for (const Expected& expected : group.expect) {
            shown.insert(expected.reason);
            if (expected.quality == Quality::kGood) {
                good.insert(expected.point);
            }
        }
    }
    std::set<Reason> wanted;
    for (const config::PointSpec& spec : profile().points) {
        EXPECT_TRUE(good.contains(spec.name)) << spec.name << " is never expected good";
        const bool is_float = spec.type == config::Type::kF32 || spec.type == config::Type::kF64;
        if (spec.range && !is_float) {
            wanted.insert(Reason::kOutOfRange);
        }
        if (!spec.invalid.empty()) {
            wanted.insert(Reason::kSentinel);
        }
        if (!spec.good_when.empty() || (spec.unit_from && spec.unit_from->otherwise == "bad")) {
            wanted.insert(Reason::kNotGoodWhen);
        }
    }
    if (profile().protecting) {
        wanted.insert(Reason::kNotProtecting);
    }
    if (profile().alive) {
        wanted.insert(Reason::kStaleAtDevice);
    }
    for (const Reason reason : wanted) {
        EXPECT_TRUE(shown.contains(reason)) << to_string(reason) << " is never shown";
    }
}

/// The frames of the transcript say the same as its registers, through the replay bus and its CRC and MBAP
/// checks.
TEST_P(Golden, FramesAgreeWithTheRegisters) {
    SetClock clock;
    config::Bus settings;
    settings.name = "line";
    settings.kind = config::BusKind::kReplay;
    settings.transcript = std::string(GENGFU_SOURCE_DIR) + "/" + path_of(GetParam());
    drivers::replay::ReplayBus bus(settings, clock);
    const auto opened = bus.open(kBegin);
    ASSERT_TRUE(opened) << opened.error().what;
    const auto transcript = drivers::replay::parse_transcript(read_text(path_of(GetParam())), GetParam());
    ASSERT_TRUE(transcript) << transcript.error().what;
    auto exchange = transcript->exchanges.begin();
    for (const Group& group : file_.groups) {
        for (std::size_t i = 0; i < group.requests; ++i, ++exchange) {
            ASSERT_NE(exchange, transcript->exchanges.end());
            const std::vector<std::uint8_t>& bytes = exchange->request;
            ASSERT_EQ(bytes.size(), 6U) << "unit, function, address and count";
            ASSERT_EQ(bytes[0], file_.unit);
            const auto word = [&bytes](std::size_t at) {
                return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
            };
            const drivers::Request request{
                .unit = bytes[0], .function = bytes[1], .address = word(2), .count = word(4), .values = {}};
            const auto played = bus.transact(request);
            ASSERT_TRUE(played) << played.error().what;
            TableBus table(profile(), file_.unit);
            table.hold(group.memory);
            EXPECT_EQ(played->values, table.transact(request)->values)
                << GetParam() << " function " << int{request.function} << " address " << request.address;
            EXPECT_EQ(table.offences(), std::vector<std::string>{});
        }
    }
    EXPECT_EQ(exchange, transcript->exchanges.end());
}

INSTANTIATE_TEST_SUITE_P(Profile, Golden, testing::ValuesIn(names_in("config/profiles", ".toml")),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(GoldenFiles, EachTranscriptHasAProfile) {
    EXPECT_EQ(names_in("tests/golden/profiles", ".transcript"), names_in("config/profiles", ".toml"));
}

}  // namespace
}  // namespace gengfu::profiles
