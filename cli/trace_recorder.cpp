#include "cli/trace_recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

/// An answer that is not followed by a request is shown after so long.
constexpr double kSettled = 0.5;

}  // namespace

Result<void> Recorder::save_to(const std::string& path) {
    std::error_code unknown;
    const std::filesystem::file_status status = std::filesystem::status(path, unknown);
    const bool is_there = std::filesystem::exists(status);
    const bool holds_something =
        std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, unknown) > 0;
    if (holds_something) {
        return fail(Errc::kIo, path + " exists, and a trace is not written over it: give another name");
    }
    const int create = is_there ? 0 : O_CREAT | O_EXCL;
    constexpr mode_t kMode = 0666;  // as the user's mask leaves it
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | create, kMode);
    if (fd < 0) {
        return fail(Errc::kIo, "cannot write " + path + ": " + std::strerror(errno));
    }
    path_ = path;
    is_ours_ = !is_there;
    file_.reset(::fdopen(fd, "w"));
    write(std::string("protocol ") + (wire_ == Wire::kRtu ? "rtu" : "tcp") + "\nrecording\n");
    return {};
}

Result<void> Recorder::close() {
    if (!file_) {
        return {};
    }
    if (std::fclose(file_.release()) != 0 && error_ == 0) {
        error_ = errno;
    }
    if (!asked_ && is_ours_) {
        ::unlink(path_.c_str());  // nothing is in it
    }
    return error_ == 0 ? Result<void>() : fail(Errc::kIo, path_ + " is not whole: " + std::strerror(error_));
}

void Recorder::take(const Piece& piece) {
    began_ = frames_ == 0 && answer_.empty() ? piece.at : began_;
    if (piece.direction == drivers::Direction::kSent) {
        settle();
        show(piece.at, ">", request_frame(wire_, piece.bytes));
        asked_ = true;
        orphans_ = false;
    } else {
        answer_at_ = answer_.empty() ? piece.at : answer_at_;
        answer_.insert(answer_.end(), piece.bytes.begin(), piece.bytes.end());
    }
    // What answers a request that was not seen has none to belong to in the transcript.
    if (file_ && !orphans_) {
        char time[32];
        std::snprintf(time, sizeof time, "[%.6f] ", std::max(0.0, piece.at - began_));
        write(time + std::string(piece.direction == drivers::Direction::kSent ? "> " : "< ") +
              hex(piece.bytes) + "\n");
    }
    last_ = piece.at;
}

void Recorder::idle(double now) {
    if (now > last_ + kSettled) {
        settle();
    }
}

void Recorder::gap(const std::string& why) {
    settle();
    orphans_ = true;
    if (file_ && asked_) {
        write("gap\n");
    }
    if (format_ == Format::kJson) {
        std::printf("%s\n", json{{"gap", why}}.dump().c_str());
        std::fflush(stdout);
        return;
    }
    print(paint(Colour::kRed, why) + "\n");
    std::fflush(stdout);
}

void Recorder::write(const std::string& text) {
    if ((std::fputs(text.c_str(), file_.get()) < 0 || std::fflush(file_.get()) != 0) && error_ == 0) {
        error_ = errno;
    }
}

void Recorder::finish() {
    settle(Why::kEnd);
}

void Recorder::settle(Why why) {
    for (Frame& frame : answer_frames(wire_, answer_)) {
        if (why == Why::kEnd && !frame.whole) {
            frame.meaning += "; the trace ended here";
        }
        if (orphans_ && !frame.whole) {
            frame.meaning = "the rest of an answer whose beginning was not seen";
        }
        show(answer_at_, "<", frame);
    }
    answer_.clear();
}

void Recorder::show(double at, const char* direction, const Frame& frame) {
    const double gap = frames_ == 0 ? 0 : (at - shown_) * 1e3;
    shown_ = at;
    ++frames_;
    if (format_ == Format::kJson) {
        std::printf("%s\n", json{{"at", at - began_},
                                 {"direction", direction},
                                 {"gap_ms", gap},
                                 {"bytes", hex(frame.bytes)},
                                 {"meaning", frame.meaning},
                                 {"whole", frame.whole}}
                                .dump()
                                .c_str());
        std::fflush(stdout);
        return;
    }
    char head[64];
    std::snprintf(head, sizeof head, "%12.6f %+9.1f ms %s ", at - began_, gap, direction);
    print(head + paint(frame.whole ? Colour::kPlain : Colour::kRed, frame.meaning) + "  " +
          paint(Colour::kGrey, hex(frame.bytes)) + "\n");
    std::fflush(stdout);
}

}  // namespace gengfu::cli
