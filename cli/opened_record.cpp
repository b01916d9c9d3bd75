#include "cli/opened_record.hpp"

#include <utility>

namespace gengfu::cli {

Result<OpenedRecord> open_record(const Common& common, const std::string& folder) {
    Result<std::unique_ptr<RecordSource>> source = open_records(common, folder);
    if (!source) {
        return pass(source);
    }
    OpenedRecord record{std::move(*source), nullptr};
    record.history = std::make_unique<RecordedHistory>(*record.source);
    if (Result<void> read = record.history->read_events(); !read) {
        return pass(read);
    }
    return record;
}

}  // namespace gengfu::cli
