#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace gengfu {

/// How far a place's clocks are ahead of UTC, and since when (RFC 8536, "TZif").
class TimeZone {
public:
    /// UTC
    TimeZone() = default;

    /// \param name  as in tzdata: "Asia/Shanghai" \retval Errc::kNotFound  there is no such zone on this
    /// machine \retval Errc::kCorrupt
    static Result<TimeZone> load(const std::string& name);
    /// The bytes of a zone's file. \retval Errc::kCorrupt
    static Result<TimeZone> parse(std::string_view bytes);

    std::chrono::seconds ahead_of_utc(Wall when) const;
    /// 0 is Monday 00:00, 10079 Sunday 23:59.
    int minute_of_week(Wall when) const;

private:
    struct Step {
        std::int64_t from = 0;  ///< UTC, seconds since 1970
        std::int32_t ahead = 0;
    };
    std::int32_t before_ = 0;  ///< the first step
    std::vector<Step> steps_;
};

}  // namespace gengfu
