#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "daemon/core/time.hpp"

namespace gengfu::publish {

/// One deadline after which something is done on the executor; gone with the timer itself. On core.
class Timer {
public:
    explicit Timer(const boost::asio::any_io_executor& core);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces what was armed.
    void after(Duration wait, std::function<void()> then);
    void cancel();
    bool armed() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace gengfu::publish
