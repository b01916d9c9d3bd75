#pragma once

#include <memory>
#include <string>

#include "cli/recorded_history.hpp"

namespace gengfu::cli {

/// A gateway's record, open, with all its events read: what every command about the past begins with.
struct OpenedRecord {
    std::unique_ptr<RecordSource> source;      ///< never empty
    std::unique_ptr<RecordedHistory> history;  ///< never empty; of `source`
};

/// \param folder  as open_records()
/// \retval Errc  as open_records() and RecordedHistory::read_events()
Result<OpenedRecord> open_record(const Common& common, const std::string& folder);

}  // namespace gengfu::cli
