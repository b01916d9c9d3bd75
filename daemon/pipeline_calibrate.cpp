// How a cover lies and an empty lane looks, told by a person: now, or from a file of this or another gateway.
#include <algorithm>

#include "daemon/config/text.hpp"
#include "daemon/core/log.hpp"
#include "daemon/core/plain_text.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/publish/alarm_codec.hpp"
#include "daemon/rules/learned_fit.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu {
namespace {

/// Of this device and nothing else, and each line of a rule that it has, with numbers that can be.
Result<std::vector<rules::Learned>> fitting(const config::Site& site, const std::string& device,
                                            const std::string& text) {
    Result<std::vector<rules::Learned>> learned = rules::parse_learned(text);
    if (!learned) {
        return fail(Errc::kInvalid, learned.error().what);
    }
    if (learned->empty()) {
        return fail(Errc::kInvalid, "there is nothing in it");
    }
    for (std::size_t line = rules::kFirstLine; const rules::Learned& one : *learned) {
        const std::string mistake = one.device == device
                                        ? rules::mistake_in(site, one)
                                        : "it is of another device: " + config::in_quotes(one.device);
        if (!mistake.empty()) {
            return fail(Errc::kInvalid, "line " + std::to_string(line) + ": " + mistake);
        }
        ++line;
    }
    return learned;
}

}  // namespace

Result<std::string> Pipeline::calibrate(const control::CalibrateWish& wish, std::function<void()> settled) {
    const auto found = std::find_if(site_.devices.begin(), site_.devices.end(),
                                    [&](const config::Device& one) { return one.name == wish.device; });
    if (found == site_.devices.end()) {
        return fail(Errc::kNotFound, "no device is named \"" + to_plain(wish.device.substr(0, 64)) + "\"");
    }
    const DeviceId id{static_cast<std::uint32_t>(found - site_.devices.begin())};
    Result<std::vector<rules::Learned>> known =
        wish.learned ? fitting(site_, wish.device, *wish.learned) : judge_.calibrate(id, clock_.now());
    if (!known) {
        return pass(known);
    }
    if (wish.only_check) {
        return rules::to_text(*known);
    }
    alarms::Audit audit;
    audit.actor = wish.actor;
    audit.device = wish.device;
    if (wish.learned) {
        judge_.teach(*known);
        audit.what = "calibration-imported";
        audit.text = {"设备 " + wish.device + " 导入校准:" + wish.actor.reason,
                      "device " + wish.device + " got its calibration from a file: " + wish.actor.reason};
    } else {
        audit.what = "calibrated";
        audit.text = {"设备 " + wish.device + " 已校准:" + wish.actor.reason,
                      "device " + wish.device + " was calibrated: " + wish.actor.reason};
    }
    std::string text = rules::to_text(*known);
    log::info(audit.text.zh, audit.text.en);
    // With the event, so that whoever was told "done" may rely on it, whenever the power goes; the book has
    // it from its next time on.
    publisher_->audit(audit, publish::encode_learned(text), std::move(settled));
    learned_.touch();
    save_book();
    return text;
}

/// The publisher says the outcome when the event of it is on disk.
publish::CommandResult Pipeline::calibrate_for_platform(const std::string& device,
                                                        const alarms::Actor& actor) {
    const Result<std::string> known = calibrate({device, std::nullopt, false, actor}, {});
    if (!known) {
        return {known.error().code == Errc::kNotFound ? v1::OUTCOME_NOT_FOUND : v1::OUTCOME_REFUSED,
                known.error().what, 0};
    }
    return {v1::OUTCOME_DONE, "as it is now, it is right", 0};
}

/// What calibrations of the last run left behind that its book does not have yet.
void Pipeline::teach_calibrations() {
    for (const std::string& text : calibrations_) {
        learned_.teach(judge_, text, clock_.now());
    }
    if (!calibrations_.empty()) {
        learned_.touch();
    }
    calibrations_.clear();
}

}  // namespace gengfu
