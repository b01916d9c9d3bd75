#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/show.hpp"
#include "cli/trace_frames.hpp"
#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"

namespace gengfu::cli {

/// Bytes of a line as they were sent, or came.
struct Piece {
    drivers::Direction direction{};
    double at = 0;  ///< seconds of the monotonic clock
    std::vector<std::uint8_t> bytes;
};

/// Shows pieces as frames on the standard output, and keeps them as a transcript (docs/bus.md). One thread.
class Recorder {
public:
    Recorder(Wire wire, Format format) : wire_(wire), format_(format) {}

    /// Never over a file that holds something. \retval Errc::kIo
    Result<void> save_to(const std::string& path);
    /// A file of ours in which no request stands is taken away again.
    /// \retval Errc::kIo  not all could be written
    Result<void> close();

    void take(const Piece& piece);
    /// Nothing has come for a while: what is there is all. \param now  as Piece::at
    void idle(double now);
    /// Something is missing before the next piece, for the reason given: said, and noted in the transcript,
    /// so that no replay takes what was lost for a unit's silence.
    void gap(const std::string& why);
    void finish();
    std::uint64_t frames() const { return frames_; }

private:
    void write(const std::string& text);
    enum class Why : std::uint8_t { kGoesOn, kEnd };
    void settle(Why why = Why::kGoesOn);
    void show(double at, const char* direction, const Frame& frame);

    Wire wire_;
    Format format_;
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Closer> file_;
    std::string path_;
    bool is_ours_ = false;  ///< the file was not there
    int error_ = 0;
    std::vector<std::uint8_t> answer_;
    double answer_at_ = 0, began_ = 0, last_ = 0, shown_ = 0;
    std::uint64_t frames_ = 0;
    bool asked_ = false;   ///< a request has been seen
    bool orphans_ = true;  ///< what comes now answers a request that was not seen
};

}  // namespace gengfu::cli
