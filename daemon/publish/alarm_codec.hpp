#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/actions.hpp"
#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "daemon/rules/judge.hpp"

/// Alarms and rule memory as lasting bytes (proto/gengfu/store/v1/book.proto). Pure, any thread.
namespace gengfu::publish {

/// State blob of one alarm, as store::Store::commit_event keeps it. Events that leave nothing behind
/// (catalogues) leave an empty blob, which is none.
std::string encode_alarm(const alarms::Alarm& alarm);
/// \retval Errc::kCorrupt not such bytes, or words in them that this release does not know
Result<alarms::Alarm> decode_alarm(const std::string& bytes);

/// The same of a device that went out of service or came back.
std::string encode_service(const alarms::ServiceChange& change);
/// The same of a calibration. \param learned  rules::to_text()
std::string encode_learned(const std::string& learned);
/// What an event left behind: one of them.
struct LeftBehind {
    std::optional<alarms::Alarm> alarm{};
    std::optional<alarms::ServiceChange> service{};  ///< its `actor` is not kept
    std::string learned{};                           ///< rules::to_text(); empty: none
};
/// \retval Errc::kCorrupt as decode_alarm()
Result<LeftBehind> decode_left_behind(const std::string& bytes);

/// Numbers by which points are named on the wire: "device/point" to alias, from 1. A point that leaves the
/// configuration keeps its alias, since none is ever used again in a store.
using Aliases = std::map<std::string, std::uint32_t>;

/// What a command of the platform was answered (gengfu.v1.Reply, serialised, without readings), and until
/// when it may come again.
struct AnsweredCommand {
    std::string reply;
    std::int64_t expires_us = 0;  ///< wall time
    friend bool operator==(const AnsweredCommand&, const AnsweredCommand&) = default;
};

struct Book {
    std::vector<alarms::Alarm> alarms;
    std::vector<rules::RuleMemory> memory;
    Aliases aliases;                          ///< Publisher::aliases()
    std::string catalogue_hash;               ///< Publisher::catalogue_hash()
    std::vector<AnsweredCommand> commands{};  ///< Publisher::answered_commands()
    /// Boot of which there are records without wall time that no clock_fix has dated yet; all 0: none.
    BootId undated_boot{};
    std::string learned{};                                   ///< rules::to_text(); empty: nothing
    std::map<std::string, alarms::Hold> services{};          ///< alarms::Service::all()
    std::vector<alarms::KeptOutput> outputs{};               ///< alarms::Actions::kept()
    std::vector<AlarmId> over{};                             ///< alarms::Table::over()
    std::map<std::string, std::chrono::seconds> silences{};  ///< Publisher::silences(), none of zero
    alarms::Stamp as_of{};                                   ///< when it was written
    /// The newest start that ended in order: a book has all of its alarms, and of those before. 0: none did.
    std::uint64_t complete_start = 0;
};
std::string encode_book(const Book& book);
/// \retval Errc::kCorrupt
Result<Book> decode_book(const std::string& bytes);

}  // namespace gengfu::publish
