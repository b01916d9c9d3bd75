#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/sampling/batch.hpp"
#include "drivers/bus.hpp"

namespace gengfu::sampling {

/// Whether a write may still go out, while it waits for its line. Shared with who asked for it.
struct WriteLeave {
    Monotonic until = Monotonic::max();
    std::atomic<bool> withdrawn = false;
    /// One that has just failed is tried within the share of reads on demand; a first one does not wait for
    /// what an earlier one, of another unit, has used up: once in kTruce for each output, not on a unit that
    /// has left a write unanswered within it. The budget reckons with no more than that.
    bool again = false;
};

/// Polls one bus on a thread of its own, by its own schedule, and hands over samples. What happens on one
/// line never touches another.
class BusWorker {
public:
    /// `done` is called on the worker's thread with the samples of all points of the device, good or bad.
    using ReadDone = std::function<void(std::vector<Sample>)>;

    /// \param site, clock outlive the worker. \param sink see BatchSink.
    BusWorker(const config::Site& site, BusId id, std::unique_ptr<drivers::Bus> bus, const Clock& clock,
              BatchSink sink);
    ~BusWorker();  ///< stops

    void start();
    /// Interrupts whatever is under way and joins. Pending reads are answered with bad samples.
    void stop();

    /// Reads a device now, ahead of what is periodic. At most kMostRequests wait. \retval Errc::kFull
    Result<void> read_now(DeviceId device, ReadDone done);

    /// `done` is called on the worker's thread when the unit has taken it, or with why not: the errors of
    /// Bus::transact, kIo when the line is not open.
    using WriteDone = std::function<void(const Result<void>&)>;
    /// Writes one register or coil of a device now, ahead of what is periodic and of waiting reads. After
    /// kTimeout and kIo the unit may have obeyed all the same; after kInterrupted, it was not asked: the
    /// leave had ended when the line was free. \retval Errc::kInvalid the profile does not allow it,
    /// kNotFound not of this bus, kFull
    Result<void> write_now(DeviceId device, config::Register reg, std::int64_t value, WriteDone done,
                           std::shared_ptr<const WriteLeave> leave = nullptr);

    /// Called on the worker's thread between two requests of its own. \param line  null: it is not open
    using LineJob = std::function<void(drivers::Bus* line)>;
    /// Does something with the line, ahead of what is periodic. Called once, also when the worker stops.
    /// \retval Errc::kFull
    Result<void> on_line(LineJob job);

    /// Shows the bytes of the line from now on, also after it was opened anew. All points are read once more
    /// at the beginning, those too that were set aside: what is shown is whole in itself. \retval Errc::kFull
    Result<void> tap(drivers::Tap tap);

    /// Closes the line for whoever needs it and leaves it alone for `time`; its points are bad meanwhile,
    /// with the reason `line`. A further call sets the time anew; zero takes the line back at once. `done` is
    /// called on the worker's thread when the line is closed (or may be opened again). \retval Errc::kFull
    Result<void> lend(Duration time, std::string to_whom, std::function<void()> done);

    BusSnapshot snapshot() const;
    /// While it has nothing to do: when it goes on. Else when it last had nothing to do. A worker whose units
    /// are all offline brings nothing for as long as it leaves them alone, and yet does not hang.
    Monotonic rests_until() const;
    BusId id() const { return id_; }

    static constexpr std::size_t kMostRequests = 16;

private:
    struct Loop;

    enum class Place : std::uint8_t { kLast, kFirst };
    /// An output, by the position of its unit on the bus.
    struct Output {
        std::size_t position = 0;
        config::Register reg;
        friend auto operator<=>(const Output&, const Output&) = default;
    };
    /// \param at_once  the output that it writes, where that need not wait for the share
    Result<void> put(std::function<void(Loop&)> act, Place place = Place::kLast,
                     std::optional<Output> at_once = std::nullopt);
    std::optional<std::size_t> position_of(DeviceId device) const;

    BusId id_;
    std::unique_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace gengfu::sampling
