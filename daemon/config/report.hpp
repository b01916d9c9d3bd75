#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/node.hpp"

namespace gengfu::config {

/// Collects what is wrong while a configuration is read, so that all mistakes are told at once.
class Report {
public:
    /// \param files  names of all files as shown to the user; `At::file` indexes them.
    explicit Report(std::vector<std::string> files) : files_(std::move(files)) {}

    void error(At at, std::string message) { add(Gravity::kError, at, std::move(message)); }
    void warning(At at, std::string message) { add(Gravity::kWarning, at, std::move(message)); }

    /// "devices.d/10-north.toml:42:9": a second place within a message.
    std::string place(At at) const;
    Position position(At at) const;

    bool has_errors() const { return errors_ > 0; }
    std::size_t error_count() const { return errors_; }

    /// A file could not be parsed: what it would have defined is unknown, so that missing names are no
    /// mistakes.
    void mark_incomplete() { incomplete_ = true; }
    bool incomplete() const { return incomplete_; }

    /// Which keys the readers know, by kind of table: for the test that holds docs/configuration.md to the
    /// code.
    void note_keys(const std::string& schema, const std::vector<std::string>& keys);
    const std::map<std::string, std::set<std::string>>& keys() const { return keys_; }

    /// All of them, by file, line and column; said once each; at most kMaxDiagnostics and a count of the
    /// rest.
    std::vector<Diagnostic> diagnostics() const;

private:
    struct Item {
        Gravity gravity = Gravity::kError;
        At at;
        std::string message;
    };

    void add(Gravity gravity, At at, std::string message);

    std::vector<std::string> files_;
    std::vector<Item> items_;
    std::map<std::string, std::set<std::string>> keys_;
    std::size_t errors_ = 0;
    bool incomplete_ = false;
};

}  // namespace gengfu::config
