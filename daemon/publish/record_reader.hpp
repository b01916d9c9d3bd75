#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "daemon/publish/batch_decoder.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/store/record.hpp"

namespace gengfu::publish {

/// A transition of an alarm as an event record tells it.
struct RecordedTransition {
    alarms::TransitionKind kind = alarms::TransitionKind::kRaised;
    alarms::Alarm alarm;  ///< the state after it; its text has no template
    bool notify = false;
};

/// What a record of the store says, as far as history is made of it.
struct Recorded {
    alarms::Stamp written;
    std::optional<RecordedTransition> transition{};
    std::optional<std::pair<BootId, ClockFix>> clock_fix{};
    bool has_samples = false;
    alarms::Stamp samples_start{};  ///< of RecordReader::samples()
};

/// Reads records back that Encoder wrote, in either encoding, of this run or an earlier one. One thread.
class RecordReader {
public:
    /// \param catalogue  the parts of a catalogue by its hash, as CatalogueShelf::get()
    using Catalogue = std::function<std::vector<std::string>(const std::string& hash)>;
    explicit RecordReader(Catalogue catalogue) : catalogue_(std::move(catalogue)) {}

    /// \retval Errc::kCorrupt  not such a record; what of it
    /// \retval Errc::kNotFound  samples, and there is no catalogue any more that tells of which points
    Result<Recorded> read(const store::Record& record);
    /// Of the last record read that had any. Their `number` is a place in points().
    const SampleArrays& samples() const { return samples_; }

    struct Point {
        std::string device, name;
    };
    /// Every point that any catalogue met so far has; a place never changes.
    const std::vector<Point>& points() const { return points_; }

private:
    const AliasTable* aliases_of(const std::string& hash);

    Catalogue catalogue_;
    std::map<std::string, std::unique_ptr<AliasTable>> tables_;  ///< null: there is none
    std::map<std::pair<std::string, std::string>, std::int32_t> numbers_;
    std::vector<Point> points_;
    SampleArrays samples_;
};

}  // namespace gengfu::publish
