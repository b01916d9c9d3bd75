#include "cli/anomaly.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "cli/anomaly_plot.hpp"
#include "cli/commands.hpp"
#include "cli/csv_table.hpp"
#include "cli/terminal.hpp"
#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"
#include "daemon/rules/detectors/sensitivity.hpp"

namespace gengfu::cli {
namespace {

namespace detectors = rules::detectors;
namespace fs = std::filesystem;

constexpr int kPictured = detectors::kDefaultSensitivity;
/// Of the column `prediction`: the limit that the benchmark was fitted to.
constexpr int kPredicted = detectors::kMostSensitivity;

/// Score from which a device is no longer as usual.
float device_score(int sensitivity) {
    const float limit = detectors::device_limit(sensitivity);
    return limit / (limit + detectors::kDefaultDeviceParameters.limit_spreads);
}

std::string number(float value) {
    std::array<char, 32> text{};
    const auto [end, error] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 6);
    return error == std::errc{} ? std::string(text.data(), end) : "0";
}

/// What a row of the input holds.
struct Row {
    std::string time_text;
    std::string value_text;  ///< of the first value
    std::chrono::seconds time{};
    std::vector<double> values;
};

/// Reads the columns of the task from a table.
class RowReader {
public:
    static Result<RowReader> open(const AnomalyTask& task) {
        Result<CsvTable> table = CsvTable::open(task.input);
        if (!table) {
            return tl::make_unexpected(table.error());
        }
        RowReader reader(std::move(*table));
        std::vector<std::string> names = task.values;
        names.insert(names.begin(), task.time);
        for (const std::string& name : names) {
            const Result<std::size_t> column = reader.table_.column(name);
            if (!column) {
                return tl::make_unexpected(column.error());
            }
            reader.columns_.push_back(*column);
        }
        return reader;
    }

    Result<std::optional<Row>> next() {
        Result<std::optional<std::vector<std::string>>> cells = table_.next();
        if (!cells) {
            return tl::make_unexpected(cells.error());
        }
        if (!*cells) {
            return std::optional<Row>{};
        }
        Row row{.time_text = (**cells)[columns_[0]],
                .value_text = (**cells)[columns_[1]],
                .time = {},
                .values = {}};
        const std::optional<std::chrono::seconds> time = parse_time(row.time_text);
        if (!time) {
            return fail(Errc::kInvalid, table_.place() + ": \"" + row.time_text + "\" is no time");
        }
        row.time = *time;
        for (std::size_t i = 1; i < columns_.size(); ++i) {
            row.values.push_back(parse_number((**cells)[columns_[i]]));
        }
        return std::optional(std::move(row));
    }

private:
    explicit RowReader(CsvTable table) : table_(std::move(table)) {}
    CsvTable table_;
    std::vector<std::size_t> columns_;
};

/// Where results go: the output file and the rows of the picture, either of which may be unwanted.
class Sink {
public:
    static Result<Sink> open(const AnomalyTask& task, const std::string& heading) {
        Sink sink;
        if (!task.output.empty()) {
            sink.file_.open(task.output, std::ios::trunc);
            if (!sink.file_) {
                return fail(Errc::kIo, task.output + ": cannot be written");
            }
            sink.file_ << heading << '\n';
        }
        sink.plotted_ = !task.plot.empty();
        return sink;
    }

    void write(const std::string& line) {
        if (file_.is_open()) {
            file_ << line << '\n';
        }
    }

    void draw(PlotRow row) {
        if (plotted_) {
            rows_.push_back(row);
        }
    }

    Result<void> close(const AnomalyTask& task, float threshold) {
        if (file_.is_open() && !file_.flush()) {
            return fail(Errc::kIo, task.output + ": cannot be written");
        }
        if (!plotted_) {
            return {};
        }
        const Plot plot{
            .title = fs::path(task.input).filename().string(),
            .unit = task.values.front() + (task.values.size() > 1 ? " and others, judged together" : ""),
            .threshold = threshold,
            .rows = std::move(rows_)};
        std::ofstream picture(task.plot, std::ios::trunc);
        picture << to_svg(plot);
        if (!picture.flush()) {
            return fail(Errc::kIo, task.plot + ": cannot be written");
        }
        return {};
    }

private:
    std::ofstream file_;
    std::vector<PlotRow> rows_;
    bool plotted_ = false;
};

Result<void> judge_point(const AnomalyTask& task, RowReader& reader, Sink& sink) {
    detectors::PointDetector detector;
    while (true) {
        Result<std::optional<Row>> row = reader.next();
        if (!row) {
            return tl::make_unexpected(row.error());
        }
        if (!*row) {
            return sink.close(task, detectors::threshold(task.sensitivity.value_or(kPictured)));
        }
        const detectors::Finding finding = detector.observe((*row)->time, (*row)->values[0]);
        const detectors::Usual usual = detector.usual();
        sink.write((*row)->time_text + "," + (*row)->value_text + "," + number(finding.score));
        sink.draw({.time = (*row)->time,
                   .value = (*row)->values[0],
                   .low = usual.low,
                   .high = usual.high,
                   .score = finding.score});
    }
}

Result<void> judge_device(const AnomalyTask& task, RowReader& reader, Sink& sink) {
    detectors::DeviceDetector detector;
    const float predicted = detectors::device_limit(task.sensitivity.value_or(kPredicted));
    while (true) {
        Result<std::optional<Row>> row = reader.next();
        if (!row) {
            return tl::make_unexpected(row.error());
        }
        if (!*row) {
            return sink.close(task, device_score(task.sensitivity.value_or(kPictured)));
        }
        const detectors::DeviceFinding finding = detector.observe((*row)->values);
        sink.write((*row)->time_text + "," + number(finding.score) + "," +
                   (finding.spreads >= predicted ? "1" : "0"));
        sink.draw(
            {.time = (*row)->time, .value = (*row)->values[0], .low = 0, .high = 0, .score = finding.score});
    }
}

/// The task for one file of a tree: which columns, told by the heading. NAB's files have `timestamp,value`;
/// SKAB's have `datetime`, their channels, and two columns of answers that must not be looked at.
Result<AnomalyTask> task_for(const std::string& input, const std::string& output,
                             std::optional<int> sensitivity) {
    Result<CsvTable> table = CsvTable::open(input);
    if (!table) {
        return tl::make_unexpected(table.error());
    }
    AnomalyTask task{.input = input,
                     .time = "timestamp",
                     .values = {},
                     .output = output,
                     .plot = {},
                     .folder = {},
                     .sensitivity = sensitivity};
    if (table->column("timestamp") && table->column("value")) {
        task.values = {"value"};
        return task;
    }
    if (!table->column("datetime")) {
        return fail(Errc::kInvalid, input + ": neither timestamp and value nor datetime in its heading");
    }
    task.time = "datetime";
    for (const std::string& name : table->heading()) {
        if (name != "datetime" && name != "anomaly" && name != "changepoint") {
            task.values.push_back(name);
        }
    }
    return task;
}

Result<std::vector<fs::path>> tables_in(const std::string& folder) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code kind;
        if (it->is_regular_file(kind) && it->path().extension() == ".csv") {
            found.push_back(fs::relative(it->path(), folder, kind));
        }
    }
    if (error) {
        return fail(Errc::kIo, folder + ": " + error.message());
    }
    if (found.empty()) {
        return fail(Errc::kIo, folder + ": no .csv file");
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<void> judge_folder(const AnomalyTask& task) {
    const Result<std::vector<fs::path>> tables = tables_in(task.folder[0]);
    if (!tables) {
        return tl::make_unexpected(tables.error());
    }
    for (const fs::path& table : *tables) {
        const fs::path output = fs::path(task.folder[1]) / table;
        std::error_code error;
        fs::create_directories(output.parent_path(), error);
        if (error) {
            return fail(Errc::kIo, output.parent_path().string() + ": " + error.message());
        }
        const Result<AnomalyTask> one =
            task_for((fs::path(task.folder[0]) / table).string(), output.string(), task.sensitivity);
        if (!one) {
            return tl::make_unexpected(one.error());
        }
        const Result<void> judged = judge_file(*one);
        if (!judged) {
            return judged;
        }
    }
    print(counted(static_cast<std::ptrdiff_t>(tables->size()), "file") + "\n");
    return {};
}

}  // namespace

Result<void> judge_file(const AnomalyTask& task) {
    if (task.values.size() > detectors::DeviceDetector::kMostPoints) {
        return fail(Errc::kInvalid, task.input + ": more than 16 columns to judge together");
    }
    Result<RowReader> reader = RowReader::open(task);
    if (!reader) {
        return tl::make_unexpected(reader.error());
    }
    const bool together = task.values.size() > 1;
    Result<Sink> sink = Sink::open(task, together ? task.time + ",anomaly_score,prediction"
                                                  : task.time + "," + task.values.front() + ",anomaly_score");
    if (!sink) {
        return tl::make_unexpected(sink.error());
    }
    return together ? judge_device(task, *reader, *sink) : judge_point(task, *reader, *sink);
}

int anomaly(const AnomalyTask& task) {
    const bool tree = !task.folder.empty();
    if (tree != task.input.empty() ||
        (!tree && (task.values.empty() || (task.output.empty() && task.plot.empty())))) {
        complain("give --folder IN OUT, or --input, --value and one of --output and --plot");
        return kWrongUsage;
    }
    const Result<void> done = tree ? judge_folder(task) : judge_file(task);
    if (!done) {
        complain(done.error().what);
        return kFailed;
    }
    return kDone;
}

}  // namespace gengfu::cli
