#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/core/result.hpp"

/// A recorded conversation on a bus, as text (docs/bus.md, Transcripts). Pure; any thread.
namespace gengfu::drivers::replay {

enum class Protocol : std::uint8_t { kRtu, kTcp };

/// A request and what came back for it.
struct Exchange {
    std::vector<std::uint8_t> request;   ///< unit, function, data: without CRC or MBAP header
    std::uint16_t transaction = 0;       ///< of kTcp
    std::vector<std::uint8_t> received;  ///< raw bytes, whole frames or not; empty: silence
    /// The recording ends, or has a gap, before a whole answer: what the unit did is not known.
    bool cut_off = false;
    std::uint32_t answer_line = 0, answer_column = 0;  ///< of its first `<`; 0: none
};

struct Transcript {
    Protocol protocol = Protocol::kRtu;
    std::vector<Exchange> exchanges;  ///< in file order
};

/// Longest text that is parsed, and bytes that one `<` line may have.
constexpr std::size_t kTranscriptMax = 64UL << 20U;
constexpr std::size_t kLineBytesMax = 1024;

/// Parses a transcript.
/// \param file  its name, for errors only
/// \retval Errc::kInvalid  "plant.transcript:12:9: …": the first mistake
Result<Transcript> parse_transcript(std::string_view text, const std::string& file);

/// All that is wrong with a transcript, for `gengfu check`: mistakes that no replay bus takes (the first
/// kMistakesTold of them) and, as warnings, a transcript without a request, and answers that are damaged,
/// which a replay plays as they are.
struct Examined {
    Transcript transcript;  ///< what could be read
    std::vector<config::Diagnostic> found;
};
constexpr std::size_t kMistakesTold = 10;
Examined examine_transcript(std::string_view text, const std::string& file);

}  // namespace gengfu::drivers::replay
