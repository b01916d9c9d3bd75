#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "daemon/core/result.hpp"
#include "daemon/store/store.hpp"

/// Where the record of a gateway is read from: the daemon while one runs, else the store's folder.
namespace gengfu::cli {

class RecordSource {
public:
    virtual ~RecordSource() = default;
    /// As store::Store::held() and history().
    virtual Result<std::vector<store::StreamRanges>> held() = 0;
    virtual Result<store::Pending> read(Epoch epoch, Stream stream, store::SequenceRange range,
                                        std::size_t limit) = 0;
    /// Parts of the catalogue of a hash; empty when there is none.
    virtual std::vector<std::string> catalogue(const std::string& hash) = 0;
    /// rules::to_text() of what rules have learned of their places; empty when nothing has.
    virtual std::string learned() = 0;
    /// What of the store cannot be read.
    virtual std::vector<std::string> troubles() const { return {}; }
};

/// \param folder  of a store, or of a copy of one; empty: where the daemon of `common` is, running or not
/// \retval Errc::kNotFound, kIo  neither can be read, and why
Result<std::unique_ptr<RecordSource>> open_records(const Common& common, const std::string& folder);

}  // namespace gengfu::cli
