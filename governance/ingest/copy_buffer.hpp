#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gengfu::ingest {

/// Rows in PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"): big-endian, each field
/// with its length. Arrays have one dimension and lower bound 1. A value, pure.
class CopyBuffer {
public:
    CopyBuffer() { clear(); }

    /// Begins a row of `fields` fields.
    void row(std::int16_t fields) {
        ++rows_;
        put(fields);
    }

    void null() { put(std::int32_t{-1}); }
    void int2(std::int16_t value) { field(value); }
    void int4(std::int32_t value) { field(value); }
    void int8(std::int64_t value) { field(value); }
    void float8(double value) { field(std::bit_cast<std::int64_t>(value)); }
    void boolean(bool value) {
        put(std::int32_t{1});
        bytes_.push_back(value ? '\1' : '\0');
    }
    void text(std::string_view value) {
        put(static_cast<std::int32_t>(value.size()));
        bytes_.append(value);
    }
    /// timestamptz, of microseconds since 1970.
    void timestamp(std::int64_t unix_us) { int8(unix_us - kPostgresEpoch); }
    void raw(std::string_view bytes) { text(bytes); }  ///< bytea, uuid

    void int2_array(const std::vector<std::int16_t>& values) { array(values, kInt2); }
    void int4_array(const std::vector<std::int32_t>& values) { array(values, kInt4); }
    void int8_array(const std::vector<std::int64_t>& values) { array(values, kInt8); }
    /// NaN becomes NULL: no value.
    void float8_array(const std::vector<double>& values);

    /// What goes to COPY … FROM STDIN (FORMAT binary), with its head and, after finish(), its end.
    const std::string& bytes() const { return bytes_; }
    void finish() { put(std::int16_t{-1}); }
    bool is_empty() const { return rows_ == 0; }
    void clear();

    /// 2000-01-01 in microseconds since 1970: where PostgreSQL's times begin.
    static constexpr std::int64_t kPostgresEpoch = 946'684'800'000'000;

private:
    static constexpr std::int32_t kInt2 = 21, kInt4 = 23, kInt8 = 20, kFloat8 = 701;  // pg_type.dat

    template <class T>
    static T big_endian(T value) {
        if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
            return value;
        } else if constexpr (sizeof(T) == 2) {
            return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
        } else if constexpr (sizeof(T) == 4) {
            return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
        } else {
            return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
        }
    }
    template <class T>
    void put(T value) {
        const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(big_endian(value));
        bytes_.append(bytes.data(), bytes.size());
    }
    template <class T>
    void field(T value) {
        put(static_cast<std::int32_t>(sizeof(T)));
        put(value);
    }
    void array_head(std::int32_t type, std::size_t size, bool nulls);
    template <class T>
    void array(const std::vector<T>& values, std::int32_t type);

    std::string bytes_;
    std::size_t rows_ = 0;
};

}  // namespace gengfu::ingest
