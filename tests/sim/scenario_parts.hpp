#pragma once

#include <optional>
#include <vector>

#include "tests/sim/scenario.hpp"
#include "tests/sim/table_reader.hpp"

/// The tables that scenario files (and some of them the control socket) are made of.
namespace gengfu::sim {

/// `coil`, `discrete`, `input`, `holding`: tables of address = words. Keys that are not there are left out.
std::vector<RegisterWrite> read_registers(TableReader& reader, Diagnostics& diagnostics);

/// `kind` and the keys of that kind. A key of another kind is reported as unknown by `reader.finish()`.
std::optional<Fault> read_fault(TableReader& reader);

/// `ramp`, `toggle` or `walk`, at most one of them.
std::optional<Motion> read_motion(TableReader& reader, Diagnostics& diagnostics);

/// The keys of [[outage]].
Outage read_outage(TableReader& reader);

/// The keys of [[expect]] but for `device`.
Expect read_expect(TableReader& reader);

}  // namespace gengfu::sim
