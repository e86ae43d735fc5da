#include "host/command/journal.h"

#include "host/results/bytes.h"
#include "host/results/error.h"

namespace innate::host {

namespace {

void write(const engine::ReplicaState& r, ByteWriter* out) {
  for (const std::int64_t number : {r.steps, r.tests, r.last_test}) out->i64(number);
  out->f64(r.progress.best);
  out->i64(r.progress.stagnant);
  out->f32(r.loss_sum);
  out->u64(r.arrays.size());
  for (const engine::ReplicaState::Array& array : r.arrays) {
    out->string(array.name);
    out->floats(array.numbers);
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

engine::ReplicaState read_state(ByteReader* in) {
  engine::ReplicaState r;
  for (std::int64_t* number : {&r.steps, &r.tests, &r.last_test}) *number = in->i64();
  r.progress.best = in->f64();
  r.progress.stagnant = read_int(in);
  r.loss_sum = in->f32();
  const std::uint64_t arrays = in->u64();
  for (std::uint64_t i = 0; i < arrays; ++i) {
    std::string name = in->string();
    r.arrays.push_back({std::move(name), in->floats()});
  }
  return r;
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
    out.u64(begun.run);
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
    const std::uint64_t run = in.u64();
    journal.begun.push_back({run, read_state(&in)});
    if (journal.begun.back().state.arrays.empty() || journal.begun.back().state.arrays[0].name != "learned")
      throw ResultsError("the checkpoint holds nothing that run " + std::to_string(run) + " has learned");
  }
  in.expect_end();
  return journal;
}

}  // namespace innate::host
