#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/command.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/config/site.hpp"
#include "daemon/control/server.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/rules/blind.hpp"
#include "daemon/sampling/batch.hpp"
#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/bus_worker.hpp"
#include "daemon/sampling/promise_watch.hpp"
#include "daemon/store/store.hpp"

/// The requests of the `gengfu` command and their answers: JSON objects, one a line. See docs/control.md.
namespace gengfu::control {

class LineDesk;

/// What a device's sensors show now is how it shall be; or (`learned`, rules::to_text()) as a file says.
struct CalibrateWish {
    std::string device;
    std::optional<std::string> learned;
    bool only_check = false;  ///< of `learned`: says what is wrong with it, and changes nothing
    alarms::Actor actor;
};

/// What the desk asks of the daemon; called on core.
struct Daemon {
    const config::Site* site = nullptr;
    std::string version;
    std::string configuration_hash;
    std::string
        configuration_trouble;  ///< why the last accepted configuration runs instead; empty when it does not
    Epoch epoch;
    std::uint64_t start = 0;
    Monotonic started{};
    std::function<Moment()> now;
    std::function<const alarms::Table&()> alarms;
    std::function<sampling::BusSnapshot(BusId)> bus;
    std::vector<sampling::BusBudget> budgets;  ///< by BusId: what is promised, beside what is seen
    /// Where that is not kept.
    std::function<std::optional<sampling::BrokenPromise>(BusId)> promise;
    std::function<std::uint64_t(BusId)> promise_breaks;  ///< how often, since the start
    std::function<store::Usage()> store;
    std::function<publish::PublisherStatus()> publisher;
    /// Changes an alarm; the outcome comes when what changed is on disk: who is told "done" may rely on it.
    std::function<void(const alarms::Wish&, const std::function<void(const alarms::Outcome&)>& done)> change;
    /// Takes a device out of service or returns it; `done` comes when it is on disk. \return what is wrong
    /// with the wish, and `done` does not come; empty when nothing is
    std::function<std::string(const alarms::ServiceWish&, std::function<void()> done)> service;
    std::function<alarms::Stamp()> stamp;
    /// Reads a device on its bus; the answer comes later on core.
    std::function<Result<void>(DeviceId, std::function<void(std::vector<Sample>)>)> read;
    /// Takes the gateway out of service for good; on success the daemon ends. How many topics were emptied.
    std::function<void(const alarms::Actor&, std::function<void(Result<std::size_t>)> done)> decommission;
    /// BusWorker's on_line() and lend(); what they call comes on the bus's thread.
    std::function<Result<void>(BusId, sampling::BusWorker::LineJob)> on_line;
    std::function<Result<void>(BusId, Duration, std::string to_whom, std::function<void()> done)> lend;
    std::function<Result<void>(BusId, drivers::Tap)> tap;  ///< shows the bytes of the bus
    std::function<void(std::function<void()>)> post;       ///< to core, from any thread
    /// Store::held() and history(); what they call comes on the store's thread.
    std::function<void(std::function<void(Result<std::vector<store::StreamRanges>>)>)> held;
    std::function<void(Epoch, Stream, store::SequenceRange, std::size_t limit,
                       std::function<void(Result<store::Pending>)>)>
        history;
    std::function<std::vector<std::string>(const std::string& hash)> catalogue;  ///< CatalogueShelf::get()
    /// \return what is known of the device now; `done` comes when it is on disk. An error: nothing is changed
    std::function<Result<std::string>(const CalibrateWish&, std::function<void()> done)> calibrate;
    std::function<std::vector<rules::Blind>()> blind;  ///< Judge::blind()
    std::function<std::string()> learned;  ///< rules::to_text() of what rules have learned of their places
    std::shared_ptr<LineDesk> lines;       ///< never null in a daemon that runs
};

/// Answers one request. Anything that is no request gets {"error": …}.
void answer(const Daemon& daemon, const std::string& line, const Peer& peer, const Reply& reply);

}  // namespace gengfu::control
