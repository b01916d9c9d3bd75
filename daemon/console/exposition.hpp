#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// The text format of Prometheus, version 0.0.4: families of samples, each family together. Pure.
namespace gengfu::console {

enum class Kind : std::uint8_t { kGauge, kCounter, kHistogram };

class Exposition {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// Begins a family; the samples that follow are of it. Each name once.
    void family(std::string_view name, Kind kind, std::string_view help);
    /// \param suffix  "" or, of a histogram, "_bucket", "_sum", "_count"
    void sample(double value, Labels labels = {}, std::string_view suffix = {});
    /// Counts stay exact.
    void sample(std::uint64_t value, Labels labels = {}, std::string_view suffix = {});

    std::string take() { return std::move(text_); }

private:
    void head(Labels labels, std::string_view suffix);

    std::string text_;
    std::string name_;
};

}  // namespace gengfu::console
