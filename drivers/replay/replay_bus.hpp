#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "drivers/bus.hpp"
#include "drivers/replay/other_cut.hpp"
#include "drivers/replay/transcript.hpp"

namespace gengfu::drivers::replay {

/// An hour of a busy line at 115200 baud is less; it is held in memory.
constexpr std::size_t kMaxTranscriptBytes = std::size_t{16} << 20U;

/// Plays a transcript: a request that stands in the file gets what came back for it there, judged as if it
/// had come over the line just now (frames, CRC or transaction, exceptions). Nothing takes time.
///
/// Requests are the same when unit, function, address, count and what is written are. Every `>` line with the
/// same request gives the next answer to it: in the order of the file, the last one for ever. A request
/// without an answer in the file is Errc::kTimeout; one that the end of the recording or a gap cut off does
/// not count. A read that is not in the file is answered from the reads that are, if they have all its
/// registers (OtherCut); where they have none of them it is Errc::kTimeout.
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
    /// The answers to one request, by their place in exchanges_, and which comes next.
    struct Answers {
        std::vector<std::size_t> places;
        std::size_t next = 0;
    };
    using Bytes = std::vector<std::uint8_t>;

    std::string who(const Request& request) const;
    Result<Answer> of_other_cuts(const Request& request, const Bytes& bytes);

    config::Bus bus_;
    const Clock& clock_;
    std::vector<Exchange> exchanges_;
    std::map<Bytes, Answers> answers_;
    std::map<Bytes, OtherCut> other_cuts_;  ///< by request
    Protocol protocol_ = Protocol::kRtu;
    bool open_ = false;
    std::atomic<bool> interrupted_{false};
    Traffic traffic_;
};

}  // namespace gengfu::drivers::replay
