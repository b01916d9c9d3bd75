#include "daemon/publish/connect_plan.hpp"

namespace gengfu::publish {

namespace {

// So many failures in a row, and what once worked with a broker is no guide any more (it was changed or
// replaced).
constexpr std::uint8_t kForgotten = 3;

}  // namespace

ConnectPlan::ConnectPlan(std::size_t brokers, config::MqttVersion version)
    : known_(brokers), version_(version) {}

ConnectPlan::Attempt ConnectPlan::next() const {
    if (version_ != config::MqttVersion::kAuto) {
        return {broker_, version_ == config::MqttVersion::kV5};
    }
    return {broker_, !older_ && known_[broker_].worked != Version::k311};
}

ConnectPlan::Then ConnectPlan::failed(Failure failure) {
    Known& known = known_[broker_];
    // A broker with which MQTT 5 has worked is only being restarted when it closes.
    const bool may_help =
        failure == Failure::kVersion || (failure == Failure::kClosed && known.worked != Version::k5);
    if (version_ == config::MqttVersion::kAuto && next().mqtt5 && may_help) {
        older_ = true;
        return Then::kAtOnce;
    }
    older_ = false;
    if (++known.failures >= kForgotten) {
        known = {};
    }
    broker_ = (broker_ + 1) % known_.size();
    ++failures_;
    return Then::kWait;
}

void ConnectPlan::connected() {
    known_[broker_] = {next().mqtt5 ? Version::k5 : Version::k311, 0};
    older_ = false;
}

void ConnectPlan::ended(Duration lived) {
    failures_ = lived >= kLasting ? 1 : failures_ + 1;
}

std::uint32_t ConnectPlan::rounds() const {
    const auto brokers = static_cast<std::uint32_t>(known_.size());
    return (failures_ + brokers - 1) / brokers;
}

}  // namespace gengfu::publish
