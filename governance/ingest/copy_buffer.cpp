#include "governance/ingest/copy_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace gengfu::ingest {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kArrayHead = 20;  // dimensions, flags, type, size, lower bound

}  // namespace

void CopyBuffer::clear() {
    bytes_.clear();
    rows_ = 0;
    bytes_.append(kSignature);
    put(std::int32_t{0});  // flags
    put(std::int32_t{0});  // no extension
}

void CopyBuffer::array_head(std::int32_t type, std::size_t size, bool nulls) {
    put(std::int32_t{size == 0 ? 0 : 1});
    put(std::int32_t{nulls ? 1 : 0});
    put(type);
    if (size != 0) {
        put(static_cast<std::int32_t>(size));
        put(std::int32_t{1});
    }
}

template <class T>
void CopyBuffer::array(const std::vector<T>& values, std::int32_t type) {
    const std::size_t head = values.empty() ? kArrayHead - 8 : kArrayHead;
    put(static_cast<std::int32_t>(head + values.size() * (4 + sizeof(T))));
    array_head(type, values.size(), false);
    std::size_t at = bytes_.size();
    bytes_.resize(at + values.size() * (4 + sizeof(T)));
    const std::int32_t length = big_endian(std::int32_t{sizeof(T)});
    char* to = bytes_.data() + at;
    for (const T value : values) {
        const T swapped = big_endian(value);
        std::memcpy(to, &length, 4);
        std::memcpy(to + 4, &swapped, sizeof(T));
        to += 4 + sizeof(T);
    }
}

template void CopyBuffer::array(const std::vector<std::int16_t>&, std::int32_t);
template void CopyBuffer::array(const std::vector<std::int32_t>&, std::int32_t);
template void CopyBuffer::array(const std::vector<std::int64_t>&, std::int32_t);

void CopyBuffer::float8_array(const std::vector<double>& values) {
    const auto is_none = [](double value) { return std::isnan(value); };
    const auto nones = static_cast<std::size_t>(std::count_if(values.begin(), values.end(), is_none));
    const std::size_t head = values.empty() ? kArrayHead - 8 : kArrayHead;
    put(static_cast<std::int32_t>(head + values.size() * 12 - nones * 8));
    array_head(kFloat8, values.size(), nones != 0);
    for (const double value : values) {
        is_none(value) ? null() : float8(value);
    }
}

}  // namespace gengfu::ingest
