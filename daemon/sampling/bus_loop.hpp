#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sampling/bus_worker.hpp"
#include "daemon/sampling/device_reader.hpp"
#include "daemon/sampling/line_load.hpp"
#include "daemon/sampling/line_watch.hpp"
#include "daemon/sampling/schedule.hpp"

/// Inside a BusWorker: what its thread does.
namespace gengfu::sampling {

/// Pause before a line that was lost is opened again, the first time.
constexpr Duration kFirstReopen = std::chrono::milliseconds(250);

/// Used by the worker's thread alone, but for what `mutex` guards.
struct BusWorker::Loop {
    struct ReadRequest {
        std::size_t position = 0;
        ReadDone done;
        std::function<void(Loop&)> act;  ///< in place of a read
        /// The output that it writes for the first time: whatever share of the line is used up, once in
        /// kTruce.
        std::optional<Output> at_once;
    };

    const config::Site& site;
    BusId id;
    std::unique_ptr<drivers::Bus> bus;
    const Clock& clock;
    BatchSink sink;
    Schedule schedule;
    std::vector<DeviceReader> readers;
    Monotonic started;
    Duration reopen_pause = kFirstReopen;
    Monotonic reopen_at{};
    Monotonic lent_until{};
    std::string lent_to;
    NoLine no_line = NoLine::kReopening;
    LineWatch watch;
    bool tried = false;  ///< to open it
    LineLoad load;
    Monotonic command_not_before{};            ///< reads on demand keep to their share of the line
    std::map<Output, Monotonic> at_once_from;  ///< those that were written at once: when they may be again
    std::map<std::size_t, Monotonic> silent_until;  ///< units that did not answer a write: kTruce after it
    bool unpublished = false;                       ///< counters have changed since the snapshot
    Monotonic published_at{};

    mutable std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    bool stopping = false;
    std::deque<ReadRequest> requests;
    BusSnapshot seen;
    Monotonic rests_until{};  ///< see BusWorker::rests_until()

    Loop(const config::Site& of, BusId bus_id, std::unique_ptr<drivers::Bus> line, const Clock& time,
         BatchSink to);

    // bus_loop.cpp: the line and its units' turns
    void run();
    bool stopped() const;
    void idle_until(Monotonic when, Monotonic now);
    void wait_until(Monotonic when);
    /// Opens the line when it is time to. \return whether it is open.
    bool ready(Monotonic now);
    void line_broke(const std::string& why);
    void line_lost(LineTrouble kind, const std::string& why);
    void poll(const Turn& turn);
    void note_line(const TurnResult& result, Monotonic now);
    /// The line is gone: what is due is bad, at its own pace.
    void pass_over(const Turn& turn, Monotonic now);
    void line_away(DeviceReader::Away why);
    std::string line_words(Monotonic now) const;
    void publish_snapshot(Monotonic now);

    // bus_on_demand.cpp: what others ask for
    std::optional<ReadRequest> next_request(Monotonic now);
    /// A read keeps the truce; a write does not wait for it.
    Monotonic not_before(const ReadRequest& request) const;
    Monotonic write_at_once_from(const Output& output) const;
    void answer(const ReadRequest& request);
    void answer_all_with_bad();
    /// What is done on demand keeps to its share of the line.
    void pay(Monotonic began, Monotonic ended);
    void do_job(const LineJob& job);
    /// What is shown begins like a connection: everything is asked, also what was set aside. A transcript of
    /// it can be played.
    void begin_trace(const drivers::Tap& tap);
    void write(std::size_t position, const drivers::Request& request, const WriteDone& done,
               const WriteLeave* leave);
    void lend(Duration time, const std::string& whom);
};

}  // namespace gengfu::sampling
