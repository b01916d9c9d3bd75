#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/quality.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::profiles {

/// What one point must be after a poll: a line "= level 1.45 good".
struct Expected {
    std::string point;
    std::optional<double> value;  ///< none: "-"
    Quality quality = Quality::kGood;
    Reason reason = Reason::kNone;
    int line = 0;
};

using Memory = std::map<config::Register, std::uint16_t>;

/// One poll of the device.
struct Group {
    Memory memory;                 ///< "~" lines: the device's raw registers
    std::vector<Expected> expect;  ///< "=" lines
    std::size_t requests = 0;      ///< ">" lines
    Duration at{};                 ///< of the first frame with a time; else a second after the group before
};

/// A golden transcript (docs/profiles.md). The frames in it are read by drivers/replay.
struct TranscriptFile {
    std::uint8_t unit = 1;
    std::vector<Group> groups;
    std::string mistake;  ///< "line 7: ..."; empty when all is well
};

TranscriptFile read_transcript_file(const std::string& text);

}  // namespace gengfu::profiles
