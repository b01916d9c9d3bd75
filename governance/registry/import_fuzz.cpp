// Any text as an import. A file is read whole or complained about; what comes out keeps the promises of the
// headers.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/core/plain_text.hpp"
#include "governance/registry/check.hpp"
#include "governance/registry/csv.hpp"
#include "governance/registry/geojson.hpp"

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_rows(std::vector<gengfu::governance::Row> rows, gengfu::config::Report& report) {
    using namespace gengfu::governance;
    for (const Row& row : rows) {
        must(row.at.line > 0);
        for (const auto& [name, cell] : row.cells) {
            must(cell.text.size() <= kMaxCellBytes && cell.at.line > 0);
        }
    }
    KnownRegistry known;
    known.classes = {"0102"};
    known.parties = {"a"};
    check_parties(rows, known, report);
    check_components(rows, "", known, report);
    for (const gengfu::config::Diagnostic& diagnostic : report.diagnostics()) {
        must(gengfu::is_plain(gengfu::config::to_string(diagnostic)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu::governance;
    std::string text;
    text.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        text += static_cast<char>(data[i]);
    }
    gengfu::config::Report csv({"f.csv"});
    check_rows(parse_csv(text, component_columns(), csv), csv);
    gengfu::config::Report parties({"f.csv"});
    check_rows(parse_csv(text, party_columns(), parties), parties);
    gengfu::config::Report geojson({"f.geojson"});
    check_rows(parse_geojson(text, component_columns(), geojson), geojson);
    return 0;
}
