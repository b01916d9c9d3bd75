#pragma once

#include <string>
#include <utility>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "governance/ingest/database.hpp"

namespace gengfu::ingest {

/// Notices another gengfu-ingest of the same client id: each holds an advisory lock of that name as long as
/// its connection to the database lasts. Brokers throw out the first of two, and most give no reason. One
/// thread.
class SoleName {
public:
    explicit SoleName(std::string client_id) : client_id_(std::move(client_id)) {}

    /// The connection is another one: its locks are.
    void reconnected() { look_ = {}, ours_ = false, missed_ = 0; }

    /// Every few seconds, and tells a change in the log. Errors as Database
    Result<void> look(Database& database, Monotonic now);
    /// Why the service cannot be well; empty: it is the only one.
    const std::string& trouble() const { return trouble_; }

private:
    void tell(bool ours);

    std::string client_id_;
    bool ours_ = false;
    int missed_ = 0;  ///< looks in a row that found the name taken
    std::string trouble_;
    Monotonic look_{};
};

}  // namespace gengfu::ingest
