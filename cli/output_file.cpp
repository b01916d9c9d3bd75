#include "cli/output_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace gengfu::cli {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> not_written(const std::string& path) {
    return fail(Errc::kIo, path + ": cannot be written" +
                               (errno != 0 ? std::string(": ") + std::strerror(errno) : std::string()));
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
    OutputFile file(path);
    std::error_code unknown;
    const fs::file_status status = fs::status(path, unknown);
    if (fs::is_directory(status)) {
        return fail(Errc::kIo, path + ": is a folder; give the name of a file");
    }
    if (!fs::exists(status) || fs::is_regular_file(status)) {
        file.part_ = path + ".part";
    }
    errno = 0;
    file.out_.open(file.part_.empty() ? path : file.part_, std::ios::trunc);
    if (!file.out_) {
        file.part_.clear();  // not ours to take away
        return not_written(path);
    }
    return file;
}

OutputFile::~OutputFile() {
    if (!part_.empty() && out_.is_open()) {
        out_.close();
        std::error_code ignored;
        fs::remove(part_, ignored);
    }
}

Result<void> OutputFile::finish() {
    errno = 0;
    if (!out_.flush()) {
        return not_written(path_);
    }
    if (!part_.empty()) {
        std::error_code error;
        fs::rename(part_, path_, error);
        if (error) {
            return fail(Errc::kIo, path_ + ": cannot be written: " + error.message());
        }
    }
    out_.close();
    return {};
}

}  // namespace gengfu::cli
