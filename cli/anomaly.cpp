#include "cli/anomaly.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "cli/anomaly_plot.hpp"
#include "cli/anomaly_rows.hpp"
#include "cli/commands.hpp"
#include "cli/csv_table.hpp"
#include "cli/output_file.hpp"
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

/// Files of a tree.
struct Judged {
    std::ptrdiff_t files = 0;
    std::ptrdiff_t failed = 0;
};

/// As a cell of the result.
std::string as_cell(const std::string& cell) {
    if (cell.find_first_of(",\"") == std::string::npos) {
        return cell;
    }
    std::string out = "\"";
    for (const char c : cell) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

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

/// Where results go: the output file and the rows of the picture, either of which may be unwanted.
class Sink {
public:
    static Result<Sink> open(const AnomalyTask& task, const std::string& heading) {
        Sink sink;
        if (!task.output.empty()) {
            Result<OutputFile> file = OutputFile::create(task.output);
            if (!file) {
                return tl::make_unexpected(file.error());
            }
            sink.file_.emplace(std::move(*file));
            sink.file_->stream() << heading << '\n';
        }
        sink.plotted_ = !task.plot.empty();
        return sink;
    }

    void write(const std::string& line) {
        if (file_) {
            file_->stream() << line << '\n';
        }
    }

    void draw(PlotRow row) {
        if (plotted_) {
            rows_.push_back(row);
        }
    }

    Result<void> close(const AnomalyTask& task, const AnomalyRows& rows, float threshold) {
        const Result<std::string> doubts = rows.doubts();
        if (!doubts) {
            return tl::make_unexpected(doubts.error());
        }
        if (!doubts->empty()) {
            complain(*doubts);
        }
        if (file_) {
            if (Result<void> finished = file_->finish(); !finished) {
                return finished;
            }
        }
        if (!plotted_) {
            return {};
        }
        const Plot plot{
            .title = fs::path(task.input).filename().string(),
            .unit = task.values.front() + (task.values.size() > 1 ? " and others, judged together" : ""),
            .threshold = threshold,
            .rows = std::move(rows_)};
        Result<OutputFile> picture = OutputFile::create(task.plot);
        if (!picture) {
            return tl::make_unexpected(picture.error());
        }
        picture->stream() << to_svg(plot);
        return picture->finish();
    }

private:
    std::optional<OutputFile> file_;
    std::vector<PlotRow> rows_;
    bool plotted_ = false;
};

Result<void> judge_point(const AnomalyTask& task, AnomalyRows& reader, Sink& sink) {
    detectors::PointDetector detector;
    const float limit = detectors::surprise_limit(task.sensitivity.value_or(kPictured));
    bool in_event = false;
    while (true) {
        Result<std::optional<AnomalyRow>> row = reader.next();
        if (!row) {
            return tl::make_unexpected(row.error());
        }
        if (!*row) {
            return sink.close(task, reader, detectors::score_of(limit));
        }
        const detectors::Finding finding = detector.observe((*row)->time, (*row)->values[0]);
        const detectors::Usual usual = detector.usual();
        sink.write(as_cell((*row)->time_text) + "," + as_cell((*row)->value_text) + "," +
                   number(finding.score));
        const bool news = detectors::is_news(finding, in_event, limit);  // as a rule of the daemon alarms
        in_event = news || (in_event && finding.surprise >= detectors::kHold * limit);
        sink.draw({.time = (*row)->time,
                   .value = (*row)->values[0],
                   .low = usual.low,
                   .high = usual.high,
                   .score = news ? detectors::score_of(finding.surprise) : finding.score});
    }
}

Result<void> judge_device(const AnomalyTask& task, AnomalyRows& reader, Sink& sink) {
    detectors::DeviceDetector detector;
    const float predicted = detectors::device_limit(task.sensitivity.value_or(kPredicted));
    while (true) {
        Result<std::optional<AnomalyRow>> row = reader.next();
        if (!row) {
            return tl::make_unexpected(row.error());
        }
        if (!*row) {
            return sink.close(task, reader, device_score(task.sensitivity.value_or(kPictured)));
        }
        const detectors::DeviceFinding finding = detector.observe((*row)->values);
        sink.write(as_cell((*row)->time_text) + "," + number(finding.score) + "," +
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

bool is_within(const fs::path& inner, const fs::path& outer) {
    const auto [rest, at] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    return rest == outer.end() || (std::next(rest) == outer.end() && rest->empty());
}

/// Results within the tree would be taken for measurements the next time; around it they could overwrite
/// them.
Result<void> apart(const std::string& in, const std::string& out) {
    std::error_code error;
    const fs::path from = fs::weakly_canonical(in, error);
    const fs::path to = error ? fs::path() : fs::weakly_canonical(out, error);
    if (error) {
        return fail(Errc::kIo, out + ": " + error.message());
    }
    if (is_within(to, from) || is_within(from, to)) {
        return fail(Errc::kInvalid,
                    out + ": one of it and " + in +
                        " lies within the other; give a folder apart from it for the results");
    }
    return {};
}

Result<void> judge_one_of(const AnomalyTask& task, const fs::path& table) {
    const fs::path output = fs::path(task.folder[1]) / table;
    std::error_code error;
    fs::create_directories(output.parent_path(), error);
    if (error) {
        return fail(Errc::kIo, output.parent_path().string() + ": " + error.message());
    }
    const Result<AnomalyTask> one =
        task_for((fs::path(task.folder[0]) / table).string(), output.string(), task.sensitivity);
    return one ? judge_file(*one) : tl::make_unexpected(one.error());
}

/// Files that cannot be judged are told, and keep nobody else from being judged.
Result<Judged> judge_folder(const AnomalyTask& task) {
    if (Result<void> separate = apart(task.folder[0], task.folder[1]); !separate) {
        return tl::make_unexpected(separate.error());
    }
    const Result<std::vector<fs::path>> tables = tables_in(task.folder[0]);
    if (!tables) {
        return tl::make_unexpected(tables.error());
    }
    Judged judged;
    for (const fs::path& table : *tables) {
        const Result<void> one = judge_one_of(task, table);
        if (!one) {
            complain(one.error().what);
        }
        ++(one ? judged.files : judged.failed);
    }
    return judged;
}

void show(const Judged& judged, bool json) {
    if (json) {
        print("{\"files\":" + std::to_string(judged.files) + ",\"failed\":" + std::to_string(judged.failed) +
              "}\n");
        return;
    }
    print(
        counted(judged.files, "file") +
        (judged.failed > 0 ? ", " + std::to_string(judged.failed) + " could not be judged" : std::string()) +
        "\n");
}

}  // namespace

Result<void> judge_file(const AnomalyTask& task) {
    for (const std::string& result : {task.output, task.plot}) {
        std::error_code none;
        if (!result.empty() && fs::equivalent(result, task.input, none)) {
            return fail(Errc::kInvalid, result + ": is the input as well; give the result another name");
        }
    }
    if (!task.output.empty() && task.output == task.plot) {
        return fail(Errc::kInvalid, task.plot + ": --output and --plot are one file");
    }
    if (task.values.size() > detectors::DeviceDetector::kMostPoints) {
        return fail(Errc::kInvalid, task.input + ": more than 16 columns to judge together");
    }
    Result<AnomalyRows> reader = AnomalyRows::open(task);
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
    if (!tree) {
        const Result<void> done = judge_file(task);
        if (!done) {
            complain(done.error().what);
            return kFailed;
        }
        if (task.json) {
            show({.files = 1}, true);
        }
        return kDone;
    }
    const Result<Judged> done = judge_folder(task);
    if (!done) {
        complain(done.error().what);
        return kFailed;
    }
    show(*done, task.json);
    return done->failed > 0 ? kFailed : kDone;
}

}  // namespace gengfu::cli
