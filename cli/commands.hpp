#pragma once

#include <string>

#include "daemon/config/places.hpp"

/// The verbs of `gengfu`. Each prints what it found and returns the exit status: 0 done, 1 failed, 2 wrong
/// usage, 78 wrong configuration.
namespace gengfu::cli {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kWrongConfiguration = 78;  ///< EX_CONFIG of sysexits.h

enum class Format : unsigned char { kForPeople, kJson };

struct Common {
    config::Places places;
    Format format = Format::kForPeople;
    std::string socket;  ///< empty: found by the configuration
    std::string version;
};

int check(const Common& common);
int status(const Common& common);
int alarms(const Common& common);
int read_device(const Common& common, const std::string& device);
int version(const Common& common);

struct AlarmChange {
    std::string verb;  ///< "ack" or "reset"
    std::string id;    ///< any prefix that only one alarm has
    std::string why;
};
int change_alarm(const Common& common, const AlarmChange& change);

}  // namespace gengfu::cli
