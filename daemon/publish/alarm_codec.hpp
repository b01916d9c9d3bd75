#pragma once

#include <string>

#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "daemon/rules/judge.hpp"

/// Alarms and rule memory as lasting bytes (proto/gengfu/store/v1, proto/gengfu/v1/alarm.proto).
namespace gengfu::publish {

/// State blob of one alarm, as store::Store::commit_event keeps it.
std::string encode_alarm(const alarms::Alarm& alarm);
/// \retval Errc::kCorrupt
Result<alarms::Alarm> decode_alarm(const std::string& bytes);

struct Book {
    std::vector<alarms::Alarm> alarms;
    std::vector<rules::RuleMemory> memory;
};
std::string encode_book(const Book& book);
/// \retval Errc::kCorrupt
Result<Book> decode_book(const std::string& bytes);

}  // namespace gengfu::publish
