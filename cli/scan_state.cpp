#include "cli/scan_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/json_word.hpp"
#include "cli/output_file.hpp"
#include "daemon/core/read_file.hpp"

namespace gengfu::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kIs = "gengfu scan";
/// Of all units at all settings it is less.
constexpr std::size_t kLargest = std::size_t{4} << 20U;

bool is_state(const json& text) {
    return text.is_object() && word(text, "is") == kIs;
}

}  // namespace

fs::path ScanState::place(const std::string& path, const std::string& line) {
    if (!path.empty()) {
        return path;
    }
    const char* const state = std::getenv("XDG_STATE_HOME");
    const char* const home = std::getenv("HOME");
    const fs::path base = state != nullptr  ? fs::path(state)
                          : home != nullptr ? fs::path(home) / ".local/state"
                                            : fs::path("/var/tmp");
    std::string name = line;
    std::ranges::replace(name, '/', '_');
    return base / "gengfu" / ("scan-" + name + ".json");
}

Result<ScanState> ScanState::open(fs::path path) {
    ScanState state(std::move(path));
    std::error_code unknown;
    const fs::file_status status = fs::status(state.path_, unknown);
    if (!fs::exists(status)) {
        return state;
    }
    if (fs::is_regular_file(status) && fs::file_size(state.path_, unknown) == 0) {
        return state;
    }
    if (!fs::is_regular_file(status) || !is_state(state.read())) {
        return fail(Errc::kInvalid, state.path_.string() +
                                        " is not what a scan left, and is not written over; give --state a "
                                        "file of its own");
    }
    return state;
}

json ScanState::read() const {
    const Result<std::string> text = read_file(path_.string(), kLargest);
    const json state = text ? json::parse(*text, nullptr, false) : json();
    return is_state(state) ? state : json::object();
}

Result<void> ScanState::write(json state) const {
    std::error_code ignored;
    if (path_.has_parent_path()) {
        fs::create_directories(path_.parent_path(), ignored);
    }
    state["is"] = kIs;
    Result<OutputFile> file = OutputFile::create(path_.string());
    if (!file) {
        return pass(file);
    }
    file->stream() << state.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
    return file->finish();
}

void ScanState::remove() const {
    std::error_code ignored;
    fs::remove(path_, ignored);
}

}  // namespace gengfu::cli
