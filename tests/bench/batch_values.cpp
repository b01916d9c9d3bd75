#include "tests/bench/batch_values.hpp"

#include <optional>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::bench {

namespace {

/// Reads run-length coded numbers one by one: `count` of a run, then what it says.
class Runs {
public:
    void begin(std::uint32_t count, std::uint32_t what) {
        left_ = count;
        what_ = what;
    }
    [[nodiscard]] bool empty() const { return left_ == 0; }
    std::uint32_t take() {
        --left_;
        return what_;
    }

private:
    std::uint32_t left_ = 0, what_ = 0;
};

class Reader {
public:
    explicit Reader(const v1::Batch& batch) : batch_(batch) {}

    /// Kind of the next value: 0 step, 1 single, 2 exact, 3 none.
    std::optional<std::uint32_t> kind() {
        if (batch_.value_runs().empty()) {
            return 0;
        }
        if (kinds_.empty()) {
            if (next_kind_ >= batch_.value_runs_size()) {
                return std::nullopt;
            }
            const std::uint32_t run = batch_.value_runs(next_kind_++);
            kinds_.begin(run / 4, run % 4);
        }
        return kinds_.empty() ? std::nullopt : std::optional(kinds_.take());
    }
    std::optional<bool> good() {
        if (batch_.quality_runs().empty()) {
            return true;
        }
        if (qualities_.empty()) {
            if (next_quality_ + 1 >= batch_.quality_runs_size()) {
                return std::nullopt;
            }
            qualities_.begin(batch_.quality_runs(next_quality_), batch_.quality_runs(next_quality_ + 1));
            next_quality_ += 2;
        }
        return qualities_.empty() ? std::nullopt : std::optional(qualities_.take() / 256 == v1::QUALITY_GOOD);
    }
    std::optional<std::int64_t> step_delta() {
        return next_step_ < batch_.step_delta_size() ? std::optional(batch_.step_delta(next_step_++))
                                                     : std::nullopt;
    }
    std::optional<double> number(std::uint32_t kind) {
        if (kind == 1) {
            return next_single_ < batch_.single_size() ? std::optional<double>(batch_.single(next_single_++))
                                                       : std::nullopt;
        }
        return next_exact_ < batch_.exact_size() ? std::optional(batch_.exact(next_exact_++)) : std::nullopt;
    }

private:
    const v1::Batch& batch_;
    Runs kinds_, qualities_;
    int next_kind_ = 0, next_quality_ = 0, next_step_ = 0, next_single_ = 0, next_exact_ = 0;
};

}  // namespace

void Coding::learn(const v1::CatalogueChange& catalogue) {
    for (const v1::CataloguePoint& point : catalogue.points()) {
        points_[point.alias()] = {point.resolution(), point.offset()};
    }
}

std::vector<double> Coding::good_values(const v1::Batch& batch) const {
    Reader reader(batch);
    std::unordered_map<std::int64_t, std::int64_t> steps;
    std::vector<double> values;
    std::int64_t alias = 0;
    for (const std::int32_t delta : batch.alias_delta()) {
        alias += delta;
        const auto point = points_.find(alias);
        const auto kind = reader.kind();
        const auto good = reader.good();
        if (point == points_.end() || !kind || !good) {
            return {};
        }
        std::optional<double> value;
        if (*kind == 0) {
            const auto step = reader.step_delta();
            if (!step) {
                return {};
            }
            value =
                static_cast<double>(steps[alias] += *step) * point->second.resolution + point->second.offset;
        } else if (*kind != 3 && !(value = reader.number(*kind))) {
            return {};
        }
        if (value && *good) {
            values.push_back(*value);
        }
    }
    return values;
}

}  // namespace gengfu::bench
