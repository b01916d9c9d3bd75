#include "daemon/store/learnt_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include "daemon/store/checksum.hpp"

namespace gengfu::store {
namespace {

constexpr std::string_view kName = "learnt";
constexpr std::string_view kNewName = "learnt.new";
constexpr std::string_view kMagic = "GFLEARNT";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kEnd = 0xFFFFFFFFU;
constexpr std::size_t kNumber = 4;

void put(std::string& to, std::uint32_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        to += static_cast<char>(number >> shift & 0xFFU);
    }
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = kNumber; i-- > 0;) {
        number = number << 8U | static_cast<std::uint8_t>(bytes[at + i]);
    }
    return number;
}

std::string head() {
    std::string bytes(kMagic);
    put(bytes, kVersion);
    return bytes;
}

std::string end_of(std::size_t count) {
    std::string bytes;
    put(bytes, kEnd);
    put(bytes, static_cast<std::uint32_t>(count));
    put(bytes, crc32c(bytes));
    return bytes;
}

/// Goes through the records after the head.
class Parser {
public:
    explicit Parser(std::string_view rest) : rest_(rest) {}

    LearntRead run() {
        while (step()) {
        }
        if (!ended_) {
            out_.trouble =
                fmt::format("learnt: cut short or damaged after {} records", out_.records.size() + damaged_);
        } else if (damaged_ > 0) {
            out_.trouble =
                fmt::format("learnt: {} of {} records are damaged", damaged_, damaged_ + out_.records.size());
        }
        return std::move(out_);
    }

private:
    bool step() {
        if (rest_.size() < 3 * kNumber) {
            return false;
        }
        const std::size_t name = number_at(rest_, 0);
        const std::size_t state = number_at(rest_, kNumber);
        if (name == kEnd) {
            ended_ = rest_.size() == 3 * kNumber && state == out_.records.size() + damaged_ &&
                     number_at(rest_, 2 * kNumber) == crc32c(rest_.substr(0, 2 * kNumber));
            return false;
        }
        const std::size_t size = 3 * kNumber + name + state;
        if (name > kMaxLearntName || state > kMaxLearntState || size > rest_.size()) {
            return false;  // where the next one begins is not known
        }
        const std::string_view body = rest_.substr(0, size - kNumber);
        if (crc32c(body) == number_at(rest_, size - kNumber)) {
            out_.records.push_back({std::string(body.substr(2 * kNumber, name)),
                                    std::string(body.substr(2 * kNumber + name, state))});
        } else {
            ++damaged_;
        }
        rest_.remove_prefix(size);
        return true;
    }

    std::string_view rest_;
    LearntRead out_;
    std::size_t damaged_ = 0;
    bool ended_ = false;
};

}  // namespace

std::string learnt_record(const LearntRecord& record) {
    std::string bytes;
    put(bytes, static_cast<std::uint32_t>(record.name.size()));
    put(bytes, static_cast<std::uint32_t>(record.state.size()));
    bytes += record.name;
    bytes += record.state;
    put(bytes, crc32c(bytes));
    return bytes;
}

LearntRead parse_learnt(std::string_view bytes) {
    const std::string begin = head();
    if (!bytes.starts_with(kMagic) || bytes.size() < begin.size()) {
        return {{}, "learnt: damaged from its first bytes on"};
    }
    const std::uint32_t version = number_at(bytes, kMagic.size());
    if (version != kVersion) {
        return {{},
                fmt::format("learnt: of another release (format {}, this one reads {})", version, kVersion)};
    }
    return Parser(bytes.substr(begin.size())).run();
}

LearntRead read_learnt(const std::string& folder) {
    const std::string path = folder + "/" + std::string(kName);
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return {{}, errno == ENOENT ? "" : fmt::format("learnt: cannot be read: {}", std::strerror(errno))};
    }
    if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kMaxLearntFile) {
        return {{}, "learnt: is no file of ours"};
    }
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || bytes.size() != static_cast<std::size_t>(status.st_size)) {
        return {{}, "learnt: cannot be read"};
    }
    return parse_learnt(bytes);
}

LearntWriter::~LearntWriter() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Result<void> LearntWriter::failed(const char* what) const {
    const int why = errno;
    return fail(why == ENOSPC || why == EDQUOT ? Errc::kFull : Errc::kIo,
                fmt::format("learnt: {}: {}", what, std::strerror(why)));
}

Result<void> LearntWriter::begin() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
    count_ = 0;
    fd_ = ::open(path(kNewName).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                 S_IRUSR | S_IWUSR);
    if (fd_ < 0) {
        return failed("cannot be made");
    }
    return write(head());
}

Result<void> LearntWriter::write(std::string_view bytes) {
    if (fd_ < 0) {
        return fail(Errc::kIo, "learnt: not begun");
    }
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return failed("cannot be written");
        }
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
}

Result<void> LearntWriter::append(std::string_view records, std::size_t count) {
    Result<void> done = write(records);
    if (!done) {
        return done;
    }
    count_ += count;
    // Now, not all at the end: an event's own synchronisation would have to wait for what has piled up.
    return ::fdatasync(fd_) == 0 ? Result<void>{} : failed("cannot be written");
}

Result<void> LearntWriter::commit() {
    Result<void> done = append(end_of(count_), 0);
    if (!done) {
        return done;
    }
    ::close(fd_);
    fd_ = -1;
    if (::rename(path(kNewName).c_str(), path(kName).c_str()) != 0) {
        return failed("cannot be renamed");
    }
    const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        static_cast<void>(::fsync(folder));  // else a power cut may bring the old one back, which is as good
        ::close(folder);
    }
    return {};
}

}  // namespace gengfu::store
