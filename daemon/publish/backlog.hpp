#pragma once

#include <cstdint>
#include <optional>

#include "daemon/core/ids.hpp"

namespace gengfu::publish {

/// Where a stream's way through the store's unconfirmed records has come to. Pure; the asking is the
/// caller's.
class Backlog {
public:
    explicit Backlog(Epoch now) : now_(now) {}

    /// A connection was made, or records were refused: all from the oldest on.
    void restart();
    /// A record of this run was not sent as it came: the store is asked again from there.
    void missed(std::uint64_t sequence);

    /// True while there may be records that nobody has fetched.
    bool wanted() const { return wanted_; }
    bool fetching() const { return fetching_; }

    struct Question {
        std::uint64_t number = 0;  ///< given back with the answer
        std::optional<Identity> after;
    };
    /// Only when wanted and not fetching.
    Question ask();

    enum class More : std::uint8_t { kNo, kYes };
    /// \param last  of the records found, if any. \return false: the answer is to a question of an earlier
    /// connection, its records are to be left alone.
    bool answered(std::uint64_t number, std::optional<Identity> last, More more);
    /// The store could not answer: to be asked again later by restart().
    void failed(std::uint64_t number);

private:
    Epoch now_;
    std::optional<Identity> after_;
    std::optional<std::uint64_t> missed_;  // lowest, while an answer is awaited
    std::uint64_t number_ = 0;
    bool wanted_ = false;
    bool fetching_ = false;
};

}  // namespace gengfu::publish
