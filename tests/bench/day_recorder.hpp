#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::bench {

/// Writes a store as a gateway leaves it: samples by exception, in batches, with the catalogue. One thread.
class DayRecorder {
public:
    /// \param folder of the store  \param begins  wall time of the first sample, microseconds since 1970
    /// Ends the program with a word when it cannot.
    DayRecorder(const std::string& folder, const config::Site& site, std::int64_t begins);
    ~DayRecorder();
    DayRecorder(const DayRecorder&) = delete;
    DayRecorder& operator=(const DayRecorder&) = delete;

    /// In order of time, from one hour of monotonic time on.
    void observe(const Sample& sample);
    /// Closes the store. \return records of samples
    std::uint64_t finish();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace gengfu::bench
