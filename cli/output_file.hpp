#pragma once

#include <fstream>
#include <string>

#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// A file that is there whole or not at all: written beside its name (`NAME.part`), renamed when it is
/// finished, taken away when it is not. A name that is no ordinary file (a pipe, /dev/stdout) is written to
/// directly.
class OutputFile {
public:
    /// \retval Errc::kIo  cannot be written
    static Result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&&) = default;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    std::ofstream& stream() { return out_; }
    /// \retval Errc::kIo  not all could be written: the file of that name is what it was before
    Result<void> finish();

private:
    explicit OutputFile(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::string part_;  ///< empty: written directly
    std::ofstream out_;
};

}  // namespace gengfu::cli
