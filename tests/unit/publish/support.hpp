#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/publish/session.hpp"
#include "daemon/store/store.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

constexpr Epoch kEpoch{0x9F3C00000000000EU};

/// An alarm that has everything: every field differs from its default.
alarms::Alarm full_alarm(std::uint64_t sequence = 7);
alarms::Transition transition(std::uint64_t sequence, alarms::Alarm alarm);

/// A sample as a reader of a batch sees it, by alias.
struct SeenSample {
    std::uint32_t alias = 0;
    std::int64_t offset_us = 0;  ///< from the batch's start
    double value = 0;
    std::uint32_t quality = 0, reason = 0;
    std::string text{};
};
struct PointScale {
    double resolution = 0, offset = 0;
};
/// Reads a batch from its description in feed.proto alone.
std::vector<SeenSample> read_batch(const gengfu::v1::Batch& batch,
                                   const std::map<std::uint32_t, PointScale>& points);

/// A broker's other side: keeps what is published and answers when told to.
struct FakeSession final : Session {
    struct Sent {
        std::string topic, payload;
        Retain retain = Retain::kNo;
        std::uint64_t token = 0;
    };
    explicit FakeSession(Callbacks to) : callbacks(std::move(to)) {}

    void start() override { started = true; }
    Result<void> publish(const std::string& topic, const std::string& payload, Retain retain,
                         std::uint64_t token) override;
    Result<void> subscribe(const std::string& filter) override;
    Result<void> unsubscribe(const std::string& filter) override;
    void reconnect() override { ++reconnects; }
    void stop() override { stopped = true; }

    void connect(std::uint16_t receive_maximum = 20, bool mqtt5 = true);
    void lose(const std::string& why = "gone");
    /// PUBACK of the oldest, or of all that was sent.
    void acknowledge_one();
    void acknowledge_all();

    std::vector<Sent> on(const std::string& topic) const;

    Callbacks callbacks;
    std::vector<Sent> sent;          ///< all, in order
    std::deque<std::uint64_t> open;  ///< tokens without PUBACK
    std::vector<std::string> subscribed, unsubscribed;
    bool up = false, started = false, stopped = false;
    bool full = false;  ///< takes nothing at the moment
    int reconnects = 0;
};

/// A store in memory that answers at once, later or with failures, on the caller's thread.
struct FakeStore final : store::Store {
    void commit_event(store::Record record, std::string state, Done done) override;
    Result<void> append_telemetry(store::Record record) override;
    void save_book(std::string) override {}
    void save_configuration(std::string, Done) override {}
    void confirm(const std::string& consumer, Epoch epoch, Stream stream,
                 std::vector<store::SequenceRange> ranges) override;
    void declared(store::Loss loss) override { declarations.push_back(std::move(loss)); }
    void pending(Stream stream, std::optional<Identity> after, std::size_t limit,
                 std::function<void(Result<store::Pending>)> found) override;
    void history(Epoch epoch, Stream stream, store::SequenceRange range, std::size_t limit,
                 std::function<void(Result<store::Pending>)> found) override;
    void held(std::function<void(Result<std::vector<store::StreamRanges>>)> found) override;
    store::Usage usage() const override { return {}; }
    Result<void> close(Monotonic) override { return {}; }

    void put(Epoch epoch, Stream stream, std::uint64_t sequence, const std::string& bytes);
    void finish_commits();

    enum class Disk { kGood, kHangs, kFails };
    Disk disk = Disk::kGood;
    std::vector<Epoch> epochs{kEpoch};    ///< in order of their starts
    std::vector<store::Record> records;   ///< unconfirmed
    std::vector<store::Record> released;  ///< confirmed, and still there
    std::vector<std::string> states;
    std::vector<std::pair<store::Record, Done>> hanging;
    std::vector<std::pair<std::string, Identity>> confirmed;
    std::vector<store::Loss> declarations;
    int questions = 0;
};

}  // namespace gengfu::publish
