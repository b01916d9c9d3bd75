#include "daemon/learning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/log.hpp"

namespace gengfu {
namespace {

namespace asio = boost::asio;

/// So many rules at a time: 130 KiB, some hundred microseconds of core and a few milliseconds of the disk.
constexpr std::size_t kPiece = 32;
constexpr auto kPause = std::chrono::milliseconds(20);
/// Between the parts of a record's name; none of them has line breaks.
constexpr char kBetween = '\n';

store::LearntRecord to_record(const rules::Learnt& learnt) {
    std::string name = learnt.device;
    for (const std::string* part : {&learnt.point, &learnt.rule, &learnt.fingerprint}) {
        name += kBetween;
        name += *part;
    }
    return {std::move(name), learnt.state};
}

rules::Learnt from_record(store::LearntRecord record) {
    std::vector<std::string> parts;
    std::string_view rest = record.name;
    for (std::size_t at = rest.find(kBetween); at != std::string_view::npos && parts.size() < 3;
         at = rest.find(kBetween)) {
        parts.emplace_back(rest.substr(0, at));
        rest.remove_prefix(at + 1);
    }
    parts.emplace_back(rest);
    parts.resize(4);
    return {std::move(parts[0]), std::move(parts[1]), std::move(parts[2]), std::move(parts[3]),
            std::move(record.state)};
}

}  // namespace

Learning::Learning(asio::io_context& core, rules::Judge& judge, std::string folder, Duration period)
    : core_(core),
      judge_(judge),
      folder_(std::move(folder)),
      period_(period),
      writer_(folder_),
      timer_(core) {}

Learning::~Learning() {
    if (pool_) {
        pool_->join();
    }
}

void Learning::recall() {
    if (judge_.learners() == 0) {
        return;
    }
    store::LearntRead read = store::read_learnt(folder_);
    std::vector<rules::Learnt> learnt;
    learnt.reserve(read.records.size());
    for (store::LearntRecord& record : read.records) {
        learnt.push_back(from_record(std::move(record)));
    }
    const rules::Recalled recalled = judge_.recall(learnt);
    if (!read.trouble.empty() || recalled.damaged > 0) {
        const std::string what = read.trouble.empty()
                                     ? fmt::format("{} states are of another release", recalled.damaged)
                                     : read.trouble;
        log::warning("异常检测:已学内容部分不可用(" + what + "),相应测点重新学习",
                     "anomaly rules: " + what + "; the points concerned learn anew");
    }
    log::info(fmt::format("异常检测:{} 条规则中 {} 条接续以前的学习", judge_.learners(), recalled.restored),
              fmt::format("anomaly rules: {} of {} go on with what they had learnt", recalled.restored,
                          judge_.learners()));
}

void Learning::start() {
    if (judge_.learners() > 0) {
        pool_.emplace(1);
        wait();
    }
}

void Learning::wait() {
    timer_.expires_after(period_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            begin();
        }
    });
}

void Learning::begin() {
    next_ = 0;
    asio::post(*pool_, [this] {
        Result<void> done = writer_.begin();
        asio::post(core_, [this, done = std::move(done)]() mutable { written(std::move(done), false); });
    });
}

std::string Learning::piece(std::size_t first, std::size_t count) const {
    std::string bytes;
    for (std::size_t i = first; i < first + count; ++i) {
        bytes += store::learnt_record(to_record(judge_.learnt(i)));
    }
    return bytes;
}

void Learning::next_piece() {
    const std::size_t count = std::min(kPiece, judge_.learners() - next_);
    const bool last = next_ + count == judge_.learners();
    std::string bytes = piece(next_, count);
    next_ += count;
    asio::post(*pool_, [this, bytes = std::move(bytes), count, last] {
        Result<void> done = writer_.append(bytes, count);
        if (done && last) {
            done = writer_.commit();
        }
        asio::post(core_, [this, done = std::move(done), last]() mutable { written(std::move(done), last); });
    });
}

void Learning::pause() {
    timer_.expires_after(kPause);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            next_piece();
        }
    });
}

void Learning::written(Result<void> done, bool last) {
    if (stopping_) {
        return;
    }
    if (!done && !std::exchange(trouble_, true)) {
        log::warning("异常检测:已学内容无法保存:" + done.error().what + ";每小时重试",
                     "anomaly rules: what they have learnt cannot be saved: " + done.error().what +
                         "; tried again every hour");
    }
    if (done && last) {
        trouble_ = false;
    }
    if (done && !last) {
        pause();
    } else {
        wait();
    }
}

void Learning::stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    timer_.cancel();
    if (!pool_) {
        return;
    }
    pool_->join();  // at most one piece
    Result<void> done = writer_.begin();
    for (next_ = 0; done && next_ < judge_.learners(); next_ += kPiece) {
        const std::size_t count = std::min(kPiece, judge_.learners() - next_);
        done = writer_.append(piece(next_, count), count);
    }
    if (done) {
        done = writer_.commit();
    }
    if (!done) {
        log::warning("异常检测:已学内容未能保存:" + done.error().what,
                     "anomaly rules: what was learnt since the last hour is lost: " + done.error().what);
    }
}

}  // namespace gengfu
