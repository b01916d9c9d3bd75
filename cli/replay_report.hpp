#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/local_time.hpp"
#include "cli/recorded_history.hpp"
#include "cli/replay_compare.hpp"

namespace gengfu::cli {

/// What was played, for the first lines of the answer.
struct Played {
    Wall since{}, from{}, until{};
    bool any = false;
    std::uint64_t given = 0, repeated = 0, starts = 0;
    std::uint64_t elsewhere = 0;      ///< samples of points that the configuration does not have
    std::vector<std::string> unseen;  ///< points that rules judge and the record does not have
    Duration took{};
    bool taught = false;
    Unusable unusable;
    std::vector<std::string> troubles;
    std::vector<Hole> holes;

    double speed() const {
        const double played = std::chrono::duration<double>(until - from).count();
        const double seconds = std::chrono::duration<double>(took).count();
        return seconds > 0 ? played / seconds : 0;
    }
};

/// One line of JSON.
std::string replay_json(const Played& played, const Comparison& result);
/// For people.
std::string replay_text(const Played& played, const Comparison& result, const LocalTime& time);

}  // namespace gengfu::cli
