#include "tests/sim/report.hpp"

#include <chrono>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>

namespace gengfu::sim {
namespace {

using Json = nlohmann::ordered_json;

std::mutex& output() {
    static std::mutex mutex;
    return mutex;
}

void say(Json line) {
    using namespace std::chrono;
    line["mono_ns"] = duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
    line["wall_ms"] = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
    const std::lock_guard lock(output());
    std::puts(text.c_str());
    std::fflush(stdout);
}

}  // namespace

void report_ready(const std::string& scenario, const std::map<std::string, std::string>& lines,
                  const std::map<std::string, int>& tcp) {
    say({{"ready", true}, {"scenario", scenario}, {"lines", lines}, {"tcp", tcp}});
}

void report_play() {
    say({{"play", true}});
}

void report_happening(const Happening& happening) {
    Json line;
    if (happening.kind == "done") {
        line["done"] = true;
    }
    line["happened"] = happening.kind;
    line["at"] = std::chrono::duration<double>(happening.at).count();
    if (!happening.target.empty()) {
        line["target"] = happening.target;
    }
    if (!happening.detail.empty()) {
        line["detail"] = happening.detail;
    }
    if (!happening.note.empty()) {
        line["note"] = happening.note;
    }
    say(std::move(line));
}

void report_event(const std::string& event, const std::string& endpoint, const std::string& detail) {
    say({{"event", event}, {"endpoint", endpoint}, {"detail", detail}});
}

}  // namespace gengfu::sim
