#include "daemon/core/time_zone.hpp"

#include <algorithm>
#include <cstdint>

#include "daemon/core/read_file.hpp"

namespace gengfu {
namespace {

constexpr std::size_t kMostBytes = 64U << 10U;  // the longest of tzdata has 4 KiB
constexpr std::size_t kHead = 44;
constexpr const char* kFolder = "/usr/share/zoneinfo/";

/// Numbers of a TZif file, high byte first; a read beyond the end makes it bad.
class Bytes {
public:
    explicit Bytes(std::string_view of) : rest_(of) {}

    std::int64_t number(std::size_t width) {
        if (rest_.size() < width) {
            good_ = false;
            return 0;
        }
        std::uint64_t value = 0;
        for (const char c : rest_.substr(0, width)) {
            value = value << 8U | static_cast<std::uint8_t>(c);
        }
        rest_.remove_prefix(width);
        return width == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
    }
    void skip(std::size_t bytes) {
        good_ = good_ && bytes <= rest_.size();
        rest_.remove_prefix(std::min(bytes, rest_.size()));
    }
    bool good() const { return good_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Counts {
    std::size_t is_ut = 0, is_standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
};

/// The head of one of the two parts of a file. \return nothing when it is none, or makes no sense
std::optional<Counts> read_head(Bytes& bytes, std::string_view text) {
    if (text.size() < kHead || text.substr(0, 4) != "TZif") {
        return std::nullopt;
    }
    constexpr std::size_t kBeforeCounts = 20;
    bytes.skip(kBeforeCounts);
    Counts counts;
    for (std::size_t* count : {&counts.is_ut, &counts.is_standard, &counts.leaps, &counts.times,
                               &counts.types, &counts.characters}) {
        const std::int64_t number = bytes.number(4);
        if (number < 0 || number > static_cast<std::int64_t>(kMostBytes)) {
            return std::nullopt;
        }
        *count = static_cast<std::size_t>(number);
    }
    return counts;
}

std::size_t size_of(const Counts& counts, std::size_t width) {
    return counts.times * (width + 1) + counts.types * 6 + counts.characters + counts.leaps * (width + 4) +
           counts.is_standard + counts.is_ut;
}

}  // namespace

Result<TimeZone> TimeZone::load(const std::string& name) {
    const Result<std::string> bytes = read_file(kFolder + name, kMostBytes);
    if (!bytes) {
        return fail(Errc::kNotFound, "time zone \"" + name + "\": " + bytes.error().what);
    }
    return parse(*bytes);
}

Result<TimeZone> TimeZone::parse(std::string_view text) {
    const auto corrupt = [] { return fail(Errc::kCorrupt, "not a file of a time zone (TZif)"); };
    Bytes first(text);
    std::optional<Counts> counts = read_head(first, text);
    if (!counts || size_of(*counts, 4) > text.size()) {
        return corrupt();
    }
    std::size_t width = 4;
    if (text.size() > 4 && text[4] >= '2') {  // a second part has the same in 64 bits
        text.remove_prefix(std::min(text.size(), kHead + size_of(*counts, 4)));
        width = 8;
    }
    Bytes bytes(text);
    counts = read_head(bytes, text);
    if (!counts || counts->types == 0) {
        return corrupt();
    }
    TimeZone zone;
    std::vector<std::size_t> kinds;
    for (std::size_t i = 0; i < counts->times; ++i) {
        zone.steps_.push_back({bytes.number(width), 0});
        if (!bytes.good()) {
            return corrupt();
        }
    }
    for (std::size_t i = 0; i < counts->times; ++i) {
        kinds.push_back(static_cast<std::size_t>(bytes.number(1)));
    }
    std::vector<std::int32_t> ahead;
    for (std::size_t i = 0; i < counts->types && bytes.good(); ++i) {
        ahead.push_back(static_cast<std::int32_t>(bytes.number(4)));
        bytes.skip(2);
    }
    constexpr std::int32_t kMostAhead = 26 * 3600;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (kinds[i] >= ahead.size()) {
            return corrupt();
        }
        zone.steps_[i].ahead = ahead[kinds[i]];
    }
    const bool far = std::any_of(ahead.begin(), ahead.end(),
                                 [](std::int32_t by) { return by > kMostAhead || by < -kMostAhead; });
    if (!bytes.good() || far) {
        return corrupt();
    }
    zone.before_ = ahead.front();
    return zone;
}

std::chrono::seconds TimeZone::ahead_of_utc(Wall when) const {
    const auto utc = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), utc,
                                        [](std::int64_t at, const Step& step) { return at < step.from; });
    return std::chrono::seconds(after == steps_.begin() ? before_ : (after - 1)->ahead);
}

int TimeZone::minute_of_week(Wall when) const {
    constexpr std::int64_t kWeek = 7LL * 24 * 60;
    constexpr std::int64_t kThursday = 3LL * 24 * 60;  // 1970-01-01
    const auto local = std::chrono::floor<std::chrono::minutes>(when + ahead_of_utc(when));
    return static_cast<int>(((local.time_since_epoch().count() + kThursday) % kWeek + kWeek) % kWeek);
}

}  // namespace gengfu
