#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "daemon/control/desk.hpp"
#include "daemon/sampling/registers.hpp"

/// The requests of the installer's tools, which need a bus itself: its raw registers, its bytes, or the whole
/// line for a while.
namespace gengfu::control {

/// A loan ends by itself so long after it was last asked for: the borrower may have died.
constexpr Duration kLoan = std::chrono::seconds(10);
/// And it is not renewed beyond this: nobody watches the sensors of the line meanwhile.
constexpr Duration kLongestLoan = std::chrono::minutes(45);
/// Bytes of a line are gathered until nobody has asked for them for so long.
constexpr Duration kTraceIdle = std::chrono::seconds(10);
/// Pieces kept between two askings; what is more is dropped, oldest first, and counted.
constexpr std::size_t kTracePieces = 8192;

/// What `registers` answers.
nlohmann::json to_json(const std::string& device, const std::vector<sampling::RawRead>& reads);

/// What the desk remembers of loans and traces. On core, but for the pieces, which the bus's thread brings.
class LineDesk {
public:
    LineDesk();
    ~LineDesk();

    /// Answers `registers`, `borrow`, `give-back` and `trace`. \return whether the verb is one of these
    bool answer(const Daemon& daemon, const nlohmann::json& request, const Peer& peer, const Reply& reply);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gengfu::control
