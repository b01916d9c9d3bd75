#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/sample.hpp"
#include "daemon/publish/point_coding.hpp"

namespace gengfu::v1 {
class Batch;
}

namespace gengfu::publish {

/// Gathers samples and writes them as one columnar, delta coded gengfu.v1.Batch (proto/gengfu/v1/feed.proto
/// has the format; docs/formats-wire.md an example). On core.
class BatchEncoder {
public:
    explicit BatchEncoder(std::vector<PointCoding> points);

    void add(const Sample& sample);
    std::size_t size() const { return rows_.size() + texts_.size(); }
    /// Bytes of text gathered: unlike numbers, texts have no small bound of their own.
    std::size_t text_bytes() const { return text_bytes_; }
    bool empty() const { return size() == 0; }
    /// When the first sample was taken. Only when not empty.
    Monotonic start() const;

    /// Writes all but `start` and `catalogue_hash` into `out`, which is empty, and forgets the samples.
    void fill(gengfu::v1::Batch& out);

private:
    struct Row {
        Monotonic taken;
        double value;
        std::uint32_t point;
        std::uint32_t quality_reason;
    };
    struct TextRow {
        Monotonic taken;
        std::uint32_t point;
        std::uint32_t quality_reason;
        std::string value;
    };
    void fill_places(gengfu::v1::Batch& out) const;
    void fill_values(gengfu::v1::Batch& out);
    void fill_qualities(gengfu::v1::Batch& out) const;
    void fill_texts(gengfu::v1::Batch& out) const;

    std::vector<PointCoding> points_;
    std::vector<Row> rows_;
    std::vector<TextRow> texts_;
    std::size_t text_bytes_ = 0;
    bool in_order_ = true;
    /// By point: the step of its last sample in the batch being written, valid when the mark is that of this
    /// batch.
    std::vector<std::int64_t> last_step_;
    std::vector<std::uint32_t> step_mark_;
    std::uint32_t mark_ = 0;
};

/// `text` with every byte that is no part of UTF-8 replaced by U+FFFD: what a device calls a string may be
/// anything, and a message with broken text would be refused whole by its readers.
std::string valid_utf8(const std::string& text);

}  // namespace gengfu::publish
