#pragma once

#include <sstream>
#include <string>

#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// A file that is there whole or not at all: gathered in memory, written beside its name under one that
/// nobody else has, renamed. A name that is no ordinary file (a pipe, /dev/stdout) is written to directly.
class OutputFile {
public:
    /// \retval Errc::kIo  it is plain already that it cannot be written
    static Result<OutputFile> create(const std::string& path);

    std::ostringstream& stream() { return text_; }
    /// \retval Errc::kIo  not all could be written: the file of that name is what it was before
    Result<void> finish();

private:
    explicit OutputFile(std::string path) : path_(std::move(path)) {}

    std::string path_;
    bool ordinary_ = true;
    std::ostringstream text_;
};

}  // namespace gengfu::cli
