#include <algorithm>
#include <set>
#include <utility>

#include "daemon/publish/publisher_impl.hpp"
#include "gengfu/v1/feed.pb.h"

// A gateway that goes out of service for good leaves nothing behind at the broker.
namespace gengfu::publish {

namespace {

// Parts of catalogues that were longer than today's are not listed (a gateway may not read them everywhere):
// so many are emptied, whether there are any or not.
constexpr std::size_t kCatalogueParts = 256;

}  // namespace

void Publisher::Impl::decommission(std::function<void(Result<std::size_t>)> done) {
    if (!granted_ || stage_ != Stage::kRunning) {
        done(fail(Errc::kIo, "there is no connection to a broker: nothing can be emptied there"));
        return;
    }
    leaving_ = std::move(done);
    send_batch();
    heartbeat_timer_.cancel();
    stage_ = Stage::kLeaving;
    begin_listing();
}

void Publisher::Impl::empty_all(const Listing& seen) {
    std::set<std::string> topics{topics_.birth};
    for (const std::string& topic : seen.topics()) {
        topics.insert(topic);
    }
    for (const auto& [topic, payload] : standing_payloads()) {
        topics.insert(topic);
    }
    for (std::size_t part = 0; part < std::max(kCatalogueParts, catalogue_parts.size()); ++part) {
        topics.insert(topics_.catalogue(part));
    }
    for (const std::string& topic : topics) {
        delivery_->send({.lane = Lane::kEvent, .topic = topic, .retain = Retain::kYes});
    }
    // Whoever listens hears that it has gone; nothing of it stays.
    delivery_->send({.lane = Lane::kEvent, .topic = topics_.state, .payload = encoder_.offline()});
    delivery_->send({.lane = Lane::kEvent, .topic = topics_.state, .retain = Retain::kYes});
    emptied_ = topics.size() + 1;
    stage_ = Stage::kGoodbye;
}

void Publisher::Impl::stay(const std::string& why) {
    stage_ = Stage::kRunning;
    std::exchange(leaving_, nullptr)(
        fail(Errc::kIo, "the connection went before all was emptied (" + why + "): try again"));
}

}  // namespace gengfu::publish
