#pragma once

#include <cstddef>

namespace gengfu::tests {

/// Calls of operator new in this program so far, of all threads. Linking allocations.cpp counts them.
std::size_t allocations();

}  // namespace gengfu::tests
