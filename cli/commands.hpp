#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/scan_plan.hpp"
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

/// What to do when a daemon uses the line that a tool needs.
enum class Taking : unsigned char { kOnlyIfFree, kBorrow };

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
int read_raw(const Common& common, const std::string& device);
int version(const Common& common);

struct ScanWish {
    Common common;
    std::string bus;    ///< a bus of the configuration, or a port by its path
    std::string line;   ///< "9600-8N1" in place of what is configured; empty: as configured
    std::string state;  ///< file of an interrupted scan; empty: the user's own
    Units units;
    Depth depth = Depth::kCommon;
    Duration timeout = std::chrono::milliseconds(300);
    Duration limit{};  ///< ends after this, to be gone on with; 0: no limit
    Taking taking = Taking::kOnlyIfFree;
    bool from_start = false;
};
int scan(const ScanWish& wish);

struct AddressWish {
    Common common;
    std::string bus, profile;
    std::string line;  ///< as ScanWish::line
    std::uint8_t from = 0, to = 0;
    /// Devices of the configuration that are known to be this sensor: their addresses may be given and taken.
    std::vector<std::string> as;
};
int address(const AddressWish& wish);

struct TraceWish {
    Common common;
    std::string bus;   ///< as ScanWish::bus
    std::string save;  ///< file of the transcript; empty: none
    Duration time{};   ///< ends after this; 0: at a signal
};
int trace(const TraceWish& wish);

struct AlarmChange {
    std::string verb;    ///< of the control socket
    std::string id;      ///< whole, or what alarms::choose() takes for one; empty: it is about a device
    std::string device;  ///< "out-of-service", "return"
    std::string span;    ///< how long: "2h"; empty: not told
    std::string why;
};
struct CalibrateWish {
    std::string device;  ///< empty: all, of an export or import
    std::string export_file, import_file;
    std::string why;
};
int calibrate(const Common& common, const CalibrateWish& wish);

struct DecommissionWish {
    Common common;
    std::string why;
    std::string gateway;  ///< its id, given by whoever is sure
    bool undo = false;
};
int decommission(const DecommissionWish& wish);

/// What is made of the gateway's record.
struct HistoryWish {
    std::string since;   ///< how far back: "7d"; empty: as far as there is any
    std::string folder;  ///< of a store or a copy of one; empty: the gateway's own
};
int replay(const Common& common, const HistoryWish& wish);
int alarm_history(const Common& common, const HistoryWish& wish);

int change_alarm(const Common& common, const AlarmChange& change);

}  // namespace gengfu::cli
