#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/core/result.hpp"
#include "tests/sim/half_duplex_line.hpp"
#include "tests/sim/plant.hpp"
#include "tests/sim/pty.hpp"
#include "tests/sim/timeline.hpp"

namespace gengfu::sim {

/// A simulated serial line: a pty behind a symlink, served by a thread of its own at the speed of the line.
/// `plug` and `stats` may be called from any thread.
class SerialLine {
public:
    /// Makes the pty, links it as `directory`/NAME and starts serving. `plant` must outlive the line.
    /// \retval Errc::kIo  no pty or event descriptor to be had, or the link cannot be made.
    static Result<std::unique_ptr<SerialLine>> open(const LineSpec& spec, const std::string& directory,
                                                    Plant& plant, std::uint64_t seed);
    /// Stops the thread and removes the link.
    ~SerialLine();
    SerialLine(const SerialLine&) = delete;
    SerialLine& operator=(const SerialLine&) = delete;

    /// Out: the pty and its link vanish under whoever has them open. In: a new pty behind the same link.
    void plug(Plug plug);
    [[nodiscard]] LineStats stats() const;
    /// Requests seen at a speed other than the scenario's.
    [[nodiscard]] std::uint64_t baud_mismatches() const { return baud_mismatches_; }
    [[nodiscard]] const std::string& name() const { return spec_.name; }
    [[nodiscard]] const std::string& link() const { return link_; }

private:
    SerialLine(const LineSpec& spec, std::string link, FileDescriptor wake, Plant& plant, std::uint64_t seed);
    void run();
    void obey();
    void serve(short events);
    void deliver(TimePoint now);
    void take_in(TimePoint now);
    void renew();
    bool at_right_speed();
    std::optional<TimePoint> next() const;

    const LineSpec spec_;
    const std::string link_;
    FileDescriptor wake_;
    mutable std::mutex mutex_;  ///< guards line_, whose counters others read
    HalfDuplexLine line_;
    std::optional<Pty> pty_;  ///< touched by the thread only, once it runs
    int wrong_baud_ = 0;      ///< reported already
    std::atomic<std::uint64_t> baud_mismatches_{0};
    std::atomic<Plug> wanted_{Plug::kIn};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace gengfu::sim
