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

/// Who says which configuration it is: one that was named and cannot be read is no reason to ask another
/// daemon.
enum class Named : unsigned char { kByDefault, kByUser };

struct Common {
    config::Places places;
    Named named = Named::kByDefault;
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
    std::string id;    ///< whole, or what alarms::choose() takes for one
    std::string why;
};
int change_alarm(const Common& common, const AlarmChange& change);

}  // namespace gengfu::cli
