#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace gengfu::config {

/// A formula over the points of a device, for virtual points: what muParser understands (+ - * / ^,
/// comparisons,
/// && ||, `a ? b : c`, sin, sqrt, abs, min, max, ...), without assignments. One thread at a time.
class Expression {
public:
    /// \param names  of the points that may stand in it
    /// \retval Errc::kInvalid  a phrase that says what is wrong and where
    static Result<Expression> parse(std::string_view text, const std::vector<std::string>& names);

    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;
    ~Expression();

    /// Positions in `names` of those that stand in it, ascending; at least one.
    const std::vector<std::size_t>& inputs() const;
    /// \param values  in the order of inputs(). \return not finite where the formula has no value
    double value(std::span<const double> values) const;

private:
    struct Inside;
    explicit Expression(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

constexpr std::size_t kMaxExpression = 500;  ///< bytes

}  // namespace gengfu::config
