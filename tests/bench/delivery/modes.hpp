#pragma once

#include "tests/bench/delivery/gateway.hpp"

/// What bench_delivery can measure; each says it as one line of JSON on standard output.
namespace gengfu::bench {

void cpu(const Wanted& wanted);      ///< processor time a sample, to its PUBACK
void library(const Wanted& wanted);  ///< the reference: the library alone, payloads of the same size
void backlog(const Wanted& wanted);  ///< draining, with alarms meanwhile
void alarm(const Wanted& wanted);    ///< verdict to subscriber, beside a write and its synchronisation
void outage(const Wanted& wanted);   ///< memory over a day without a broker
void fill(const Wanted& wanted);     ///< makes a store of so many records

}  // namespace gengfu::bench
