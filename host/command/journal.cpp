#include "host/command/journal.h"

#include "host/results/bytes.h"
#include "host/results/error.h"

namespace innate::host {

namespace {

void write(const engine::CohortState& state, ByteWriter* out) {
  out->i64(state.steps);
  out->i64(state.tests);
  out->i64(state.last_test);
  out->u64(state.replicas.size());
  for (const engine::ReplicaState& r : state.replicas) {
    out->u8(static_cast<std::uint8_t>(r.status));
    out->i64(r.steps);
    out->f64(r.progress.best);
    out->i64(r.progress.stagnant);
    out->f32(r.loss_sum);
    out->floats(r.learned);
    out->floats(r.first_moment);
    out->floats(r.second_moment);
  }
}

/// A number that was written from an int.
int read_int(ByteReader* in) {
  const std::int64_t value = in->i64();
  if (value != static_cast<int>(value))
    throw ResultsError("the checkpoint holds the number " + std::to_string(value) +
                       " where none so large belongs");
  return static_cast<int>(value);
}

engine::CohortState read_state(ByteReader* in) {
  engine::CohortState state;
  state.steps = in->i64();
  state.tests = in->i64();
  state.last_test = in->i64();
  const std::uint64_t count = in->u64();
  for (std::uint64_t i = 0; i < count; ++i) {
    engine::ReplicaState r;
    const std::uint8_t status = in->u8();
    if (status > static_cast<std::uint8_t>(engine::Status::diverged))
      throw ResultsError("the checkpoint names an unknown status");
    r.status = static_cast<engine::Status>(status);
    r.steps = in->i64();
    r.progress.best = in->f64();
    r.progress.stagnant = read_int(in);
    r.loss_sum = in->f32();
    r.learned = in->floats();
    r.first_moment = in->floats();
    r.second_moment = in->floats();
    state.replicas.push_back(std::move(r));
  }
  return state;
}

}  // namespace

std::vector<std::uint8_t> journal_bytes(const Journal& journal) {
  ByteWriter out;
  out.u64(journal.outcomes.size());
  for (const Journal::Outcome& outcome : journal.outcomes) {
    out.string(outcome.status);
    out.i64(outcome.progress);
  }
  out.u64(journal.metrics.size());
  for (const MetricRow& row : journal.metrics) {
    out.i64(row.run);
    out.i64(row.at);
    out.string(row.metric);
    out.f64(row.value);
  }
  out.u64(journal.genes.size());
  for (const GeneRow& row : journal.genes) {
    out.i64(row.run);
    out.i64(row.at);
    out.i64(row.channel);
    out.i64(row.gene);
    for (const float value : {row.row, row.column, row.width}) out.f32(value);
  }
  out.u64(journal.begun.size());
  for (const Journal::Begun& begun : journal.begun) {
    out.u64(begun.runs.size());
    for (const std::size_t run : begun.runs) out.u64(run);
    write(begun.state, &out);
  }
  return out.take();
}

Journal read_journal(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  Journal journal;
  const std::uint64_t outcomes = in.u64();
  for (std::uint64_t i = 0; i < outcomes; ++i) {
    Journal::Outcome outcome;
    outcome.status = in.string();
    outcome.progress = in.i64();
    journal.outcomes.push_back(std::move(outcome));
  }
  const std::uint64_t metrics = in.u64();
  for (std::uint64_t i = 0; i < metrics; ++i) {
    MetricRow row{};
    row.run = read_int(&in);
    row.at = in.i64();
    row.metric = in.string();
    row.value = in.f64();
    journal.metrics.push_back(std::move(row));
  }
  const std::uint64_t genes = in.u64();
  for (std::uint64_t i = 0; i < genes; ++i) {
    GeneRow row{};
    row.run = read_int(&in);
    row.at = in.i64();
    row.channel = read_int(&in);
    row.gene = in.i64();
    for (float* value : {&row.row, &row.column, &row.width}) *value = in.f32();
    journal.genes.push_back(row);
  }
  const std::uint64_t begun = in.u64();
  for (std::uint64_t i = 0; i < begun; ++i) {
    Journal::Begun part;
    const std::uint64_t runs = in.u64();
    for (std::uint64_t r = 0; r < runs; ++r) part.runs.push_back(in.u64());
    part.state = read_state(&in);
    if (runs == 0 || part.state.replicas.size() != part.runs.size())
      throw ResultsError("the checkpoint holds " + std::to_string(part.state.replicas.size()) +
                         " replicas of " + std::to_string(part.runs.size()) + " runs");
    journal.begun.push_back(std::move(part));
  }
  in.expect_end();
  return journal;
}

}  // namespace innate::host
