#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "drivers/bus.hpp"
#include "drivers/modbus/frame.hpp"
#include "drivers/replay/transcript.hpp"

namespace gengfu::drivers::replay {

/// An hour of a busy line at 115200 baud is less; it is held in memory.
constexpr std::size_t kMaxTranscriptBytes = std::size_t{16} << 20U;

/// Plays a transcript: a request that stands in the file gets what came back for it there, judged as if it
/// had come over the line just now (frames, CRC or transaction, exceptions). Nothing takes time.
///
/// Requests are the same when unit, function, address, count and what is written are. Every `>` line with the
/// same request gives the next answer to it: in the order of the file, the last one for ever. A request
/// without an answer in the file, or that is not in the file at all, is Errc::kTimeout; one that the end of
/// the recording or a gap cut off does not count.
class ReplayBus final : public Bus {
public:
    ReplayBus(config::Bus bus, const Clock& clock) : bus_(std::move(bus)), clock_(clock) {}

    /// Reads the file, and begins it anew.
    /// \retval Errc::kIo       it cannot be read
    /// \retval Errc::kInvalid  file:line:column of a mistake in it
    /// \retval Errc::kInterrupted
    Result<void> open(Monotonic deadline) override;
    bool is_open() const override { return open_; }
    void close() override { open_ = false; }
    Result<Answer> transact(const Request& request) override;
    void interrupt() override { interrupted_ = true; }
    const Traffic& traffic() const override { return traffic_; }

private:
    struct Record {
        std::uint16_t transaction = 0;
        std::vector<std::uint8_t> received;
    };
    /// The answers to one request, and which comes next.
    struct Answers {
        std::vector<Record> records;
        std::size_t next = 0;
    };

    std::string who(const Request& request) const;
    Result<Answer> judge_rtu(const Request& request, const modbus::Message& message, const Record& record);
    Result<Answer> judge_tcp(const Request& request, const Record& record);
    Result<Answer> accept(const Request& request, modbus::Fit fit, std::span<const std::uint8_t> message);
    enum class Came : std::uint8_t { kNothing, kSomething };
    Result<Answer> nothing_whole(const Request& request, Came came);

    config::Bus bus_;
    const Clock& clock_;
    std::map<std::vector<std::uint8_t>, Answers> answers_;
    Protocol protocol_ = Protocol::kRtu;
    bool open_ = false;
    std::atomic<bool> interrupted_{false};
    Traffic traffic_;
};

}  // namespace gengfu::drivers::replay
