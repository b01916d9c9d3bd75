#include "daemon/publish/timer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace gengfu::publish {

struct Timer::State {
    explicit State(const boost::asio::any_io_executor& core) : timer(core) {}
    boost::asio::steady_timer timer;
    std::uint64_t armed = 0;  // number of the arming that counts, 0 none
    std::uint64_t last = 0;
};

Timer::Timer(const boost::asio::any_io_executor& core) : state_(std::make_shared<State>(core)) {}

Timer::~Timer() {
    cancel();
}

void Timer::after(Duration wait, std::function<void()> then) {
    const std::uint64_t number = ++state_->last;
    state_->armed = number;
    state_->timer.expires_after(wait);
    // The handler of an arming that was replaced may already be queued: its number tells.
    state_->timer.async_wait([weak = std::weak_ptr(state_), number, then = std::move(then)](auto error) {
        const std::shared_ptr<State> state = weak.lock();
        if (!error && state && state->armed == number) {
            state->armed = 0;
            then();
        }
    });
}

void Timer::cancel() {
    state_->armed = 0;
    state_->timer.cancel();
}

bool Timer::armed() const {
    return state_->armed != 0;
}

}  // namespace gengfu::publish
