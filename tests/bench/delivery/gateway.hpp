#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/publish/publisher.hpp"
#include "daemon/store/store.hpp"
#include "tests/bench/delivery/figures.hpp"

namespace gengfu::bench {

constexpr std::size_t kPoints = 1000;
constexpr std::size_t kBatch = 100;

/// The command line.
struct Wanted {
    std::string mode, ca, folder;
    std::uint16_t port = 0;
    std::uint64_t samples = 0;
};

/// A site of one device with kPoints points, and the broker of the command line.
config::Site site_of(const Wanted& wanted);

/// As in the field but for the pace of old telemetry and the size of a batch (kBatch).
publish::Tuning unpaced();

/// Publisher and store as the daemon has them; the caller's thread is core.
class Gateway {
public:
    Gateway(const Wanted& wanted, publish::Tuning tuning);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    void begin(bool connected);
    /// `count` points that have changed since they came last.
    void samples(std::size_t count);
    /// \return the event's sequence
    std::uint64_t alarm();
    /// Until the store's thread has taken what it was given, and written it if that is much.
    void let_store_catch_up();
    template <class Condition>
    void until(Condition condition, const char* what) {
        const auto end = Steady::now() + kPatience;
        while (!condition()) {
            core_.restart();
            core_.run_one_for(std::chrono::milliseconds(1));
            core_.poll();
            if (Steady::now() > end) {
                give_up(std::string(what) + ": not in time");
            }
        }
    }
    void turn();
    publish::PublisherStatus status() const { return publisher_->status(); }
    store::Store& store() { return *store_; }
    const store::Start& start() const { return start_; }

private:
    void describe(std::uint64_t sequence);

    SystemClock clock_;
    config::Site site_;
    boost::asio::io_context core_;
    store::Start start_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<publish::Publisher> publisher_;
    std::vector<Sample> samples_;
    std::size_t next_ = 0;
    std::uint64_t round_ = 0;
    alarms::Alarm alarm_;
};

}  // namespace gengfu::bench
