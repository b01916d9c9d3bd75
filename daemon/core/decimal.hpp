#pragma once

namespace gengfu {

/// The number that a person means by the result of a product or a sum: 6 × 0.1 is 0.6000000000000001 in
/// binary, and a limit of 0.6 would not be reached. Rounded to 15 digits, which every double holds exactly;
/// whole numbers and what is no number are left as they are.
double as_written(double value);

}  // namespace gengfu
