#include "drivers/line/system_error.hpp"

#include <system_error>

namespace gengfu::drivers {

std::string describe_errno(int error) {
    return std::generic_category().message(error);
}

}  // namespace gengfu::drivers
