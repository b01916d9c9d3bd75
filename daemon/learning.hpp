#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "daemon/core/time.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/store/learnt_file.hpp"

namespace gengfu {

/// Keeps what the rules of kind `anomaly` have learnt over restarts: a file in the store's folder, written
/// anew once an hour and at the end. A few rules at a time and with pauses, by a thread of its own, so that
/// neither core nor an event's way to the disk waits for thousands of them. On core.
class Learning {
public:
    /// A crash costs at most so much of what was learnt.
    static constexpr Duration kPeriod = std::chrono::hours(1);

    /// \param judge  outlives it  \param folder  of the store
    Learning(boost::asio::io_context& core, rules::Judge& judge, std::string folder,
             Duration period = kPeriod);
    ~Learning();
    Learning(const Learning&) = delete;
    Learning& operator=(const Learning&) = delete;

    /// Gives the judge what was saved; says in the log what is learnt anew, and why. Before the first sample.
    void recall();
    /// Saves from now on.
    void start();
    /// Saves once more, now, and no more after that. Blocks for the disk.
    void stop();

private:
    void wait();
    void begin();
    void next_piece();
    void pause();
    void written(Result<void> done, bool last);
    std::string piece(std::size_t first, std::size_t count) const;

    boost::asio::io_context& core_;
    rules::Judge& judge_;
    std::string folder_;
    Duration period_;
    store::LearntWriter writer_;  ///< on the pool's thread
    std::size_t next_ = 0;        ///< learner
    bool trouble_ = false;        ///< told already
    bool stopping_ = false;
    boost::asio::steady_timer timer_;
    std::optional<boost::asio::thread_pool> pool_;  ///< while there is anything to save
};

}  // namespace gengfu
