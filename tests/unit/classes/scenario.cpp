#include "tests/unit/classes/scenario.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/unit/classes/models.hpp"
#include "tests/unit/classes/stage.hpp"

namespace gengfu::test {
namespace {

/// "90s", "3min", "2h".
double seconds_of(const std::string& word) {
    std::size_t used = 0;
    const double number = std::stod(word, &used);
    const std::string unit = word.substr(used);
    if (unit == "s") {
        return number;
    }
    if (unit == "min") {
        return 60 * number;
    }
    if (unit == "h") {
        return 3600 * number;
    }
    throw std::logic_error("no time: " + word);
}

/// How one point goes: a value that ramps from here to there, with noise and a daily wave on it.
struct Course {
    double from = 0, to = 0;
    double begun = 0, over = 0;
    double noise = 0;
    double wave = 0;  ///< half of what goes up and down in a day, lowest at 3 in the morning

    double at(double t) const {
        const double share = over <= 0 ? 1 : std::min(1.0, (t - begun) / over);
        const double daily = wave * -std::cos(2 * 3.141592653589793 * (t / 3600 - 3) / 24);
        return from + (to - from) * share + daily;
    }
};

class Player {
public:
    explicit Player(const std::string& text) {
        std::istringstream lines(text);
        std::string devices;
        std::string line;
        while (std::getline(lines, line) && line != "---") {
            devices += line + "\n";
        }
        stage_ = std::make_unique<Stage>(devices);
        for (int number = 1; std::getline(lines, line); ++number) {
            if (!line.empty() && line.front() != '#') {
                try {
                    act(line);
                } catch (const std::exception& error) {
                    throw std::logic_error("line " + std::to_string(number) + " after ---: " + line + ": " +
                                           error.what());
                }
            }
        }
    }

    std::string said() const {
        std::string text;
        for (const Stage::Said& one : stage_->said()) {
            static const std::map<alarms::TransitionKind, const char*> kWords{
                {alarms::TransitionKind::kRaised, "raised"},
                {alarms::TransitionKind::kCleared, "cleared"},
                {alarms::TransitionKind::kSeverityChanged, "severity"},
                {alarms::TransitionKind::kUncertain, "uncertain"},
                {alarms::TransitionKind::kCertain, "certain"}};
            const auto word = kWords.find(one.kind);
            const int t = static_cast<int>(std::lround(one.at));
            std::array<char, 160> line{};
            std::snprintf(line.data(), line.size(), "%3d:%02d:%02d  %-9s %-9s %s/%s\n", t / 3600, t / 60 % 60,
                          t % 60, word == kWords.end() ? "?" : word->second,
                          std::string(to_string(one.severity)).c_str(), one.key.device.c_str(),
                          one.key.rule.c_str());
            text += line.data();
        }
        return text;
    }

private:
    /// "at 10min lane-1 magnetic_x 350 over 2s noise 5 wave 3", "run 2h", "at 5min lane-1 gone", "at 6min
    /// restart"
    void act(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        std::string time;
        words >> verb >> time;
        if (verb == "run") {
            run_to(seconds_of(time));
            return;
        }
        std::string device;
        std::string point;
        if (verb != "at" || !(words >> device)) {
            throw std::logic_error("at or run must stand there");
        }
        run_to(seconds_of(time));
        if (device == "restart") {
            stage_->restart(now_);
            return;
        }
        words >> point;
        if (point == "gone" || point == "back") {
            gone_[device] = point == "gone";
            return;
        }
        Course& course = courses_[device][point];
        const double before = course.at(now_) - Course{.wave = course.wave}.at(now_);
        if (!(words >> course.to)) {
            throw std::logic_error("a value must stand there");
        }
        course.from = before;
        course.begun = now_;
        course.over = 0;
        std::string key;
        std::string value;
        while (words >> key >> value) {
            if (key == "over") {
                course.over = seconds_of(value);
            } else if (key == "noise") {
                course.noise = std::stod(value);
            } else if (key == "wave") {
                course.wave = std::stod(value);
            } else {
                throw std::logic_error("what is " + key + "?");
            }
        }
    }

    void run_to(double until) {
        if (until < now_) {
            throw std::logic_error("times must go on");
        }
        for (; now_ < until; now_ += 1) {
            for (auto& [device, points] : courses_) {
                const DeviceId id = stage_->device(device);
                const double interval =
                    std::chrono::duration<double>(stage_->site().device(id).interval).count();
                if (std::fmod(now_, std::max(1.0, interval)) >= 1) {
                    continue;
                }
                if (gone_[device]) {
                    stage_->lost(id, now_);
                    continue;
                }
                for (const auto& [name, course] : points) {
                    stage_->good(stage_->point(id, name), course.at(now_) + dice_.normal(course.noise), now_);
                }
            }
            stage_->pass(now_);
        }
    }

    std::unique_ptr<Stage> stage_;
    std::map<std::string, std::map<std::string, Course>> courses_;
    std::map<std::string, bool> gone_;
    Dice dice_{1};
    double now_ = 0;
};

}  // namespace

std::string play_scenario(const std::string& text) {
    return Player(text).said();
}

}  // namespace gengfu::test
