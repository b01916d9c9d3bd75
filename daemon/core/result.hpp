#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace gengfu {

/// What the caller can do about a failure; not which library produced it.
enum class Errc : std::uint8_t {
    kTimeout,   ///< no answer in time: retry on the next poll
    kBadFrame,  ///< answer failed CRC, length or range checks: retry on the next poll
    kRefused,   ///< device answered with an exception that concerns this moment (03, 04, ...): retry on the
                ///< next poll
    kBusy,      ///< device answered 05 or 06: retry a little later, it is alive
    kUnsupported,  ///< device says that the function or register does not exist (01, 02): drop it from the
                   ///< plan
    kIo,           ///< line, file, database or socket is unusable: reopen with back-off
    kFull,         ///< a bounded queue, window or disk has no room: shed or wait, and count it
    kCorrupt,      ///< stored bytes are damaged: set the file aside and say so
    kInvalid,      ///< configuration or argument is wrong: report it and refuse to start
    kNotFound,     ///< the named thing does not exist: tell the user
    kStale,        ///< the request names an older revision than the thing has: harmless, tell the user
    kNotBuilt,     ///< the contract names it, this release does not have it yet: say so
    kInterrupted,  ///< stopped on purpose: end quietly
};

struct Error {
    Errc code{};
    std::string what;             ///< one line, names the object: "bus rs485-1 unit 7: no answer in 500 ms"
    std::uint8_t exception = 0;   ///< the Modbus exception code that a device answered with; 0: none
    bool damaged_answer = false;  ///< the device did answer, but the line spoilt it
};

/// A `T` or an `Error`. The compiler warns when a caller drops one.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
    Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

inline tl::unexpected<Error> fail(Errc code, std::string what) {
    return tl::make_unexpected(Error{code, std::move(what)});
}

/// Passes an error on: `if (!r) return pass(r);`
template <class T>
tl::unexpected<Error> pass(Result<T>& failed) {
    return tl::make_unexpected(std::move(failed.error()));
}

}  // namespace gengfu
