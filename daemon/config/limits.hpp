#pragma once

#include <cstddef>

/// How much a configuration may hold. Generous against the biggest site we know of (one gateway, 32 lines of
/// 60 units), small enough that a file made by a runaway script is refused before it eats the gateway's
/// memory.
namespace gengfu::config {

constexpr std::size_t kMaxFiles = 1'000;             ///< of each kind: configuration, profiles, classes
constexpr std::size_t kMaxFileBytes = 4U << 20U;     ///< one file; 2,000 devices take about 1 MiB
constexpr std::size_t kMaxBundleBytes = 32U << 20U;  ///< all files together
constexpr std::size_t kMaxDepth = 16;         ///< tables and lists within each other; the schema needs 5
constexpr std::size_t kMaxNodes = 2'000'000;  ///< values in all files together
constexpr std::size_t kMaxBuses = 160;        ///< threads; a line each, and 128 Modbus TCP devices
constexpr std::size_t kMaxFeeds = 500;
constexpr std::size_t kMaxParties = 5'000;
constexpr std::size_t kMaxDevices = 2'000;
constexpr std::size_t kMaxPoints = 50'000;
constexpr std::size_t kMaxRules = 100'000;
constexpr std::size_t kMaxAnomalyRules = 4'000;  ///< 4 KiB each in memory, and on disk once an hour
constexpr std::size_t kMaxProfilePoints = 500;
constexpr std::size_t kMaxRulesPerTable = 100;  ///< of a class, a profile or a device
constexpr std::size_t kMaxChannels = 64;        ///< of a device
constexpr std::size_t kMaxBrokers = 8;
constexpr std::size_t kMaxParameters = 32;    ///< of a device
constexpr std::size_t kMaxListItems = 256;    ///< any other list or map
constexpr std::size_t kMaxName = 64;          ///< bytes; names stand in topics, logs and file names
constexpr std::size_t kMaxGatewayId = 32;     ///< bytes
constexpr std::size_t kMaxTitle = 200;        ///< bytes of a short free text
constexpr std::size_t kMaxText = 1'000;       ///< bytes of a long free text (advice, why)
constexpr std::size_t kMaxPath = 1'000;       ///< bytes
constexpr std::size_t kMaxDiagnostics = 500;  ///< shown; the rest is counted

}  // namespace gengfu::config
