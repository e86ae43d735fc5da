#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "host/command/machine.h"
#include "host/command/runner.h"
#include "host/command/terminal.h"

namespace innate::host {

namespace {

/// The runs of one point.
struct PointEstimate {
  std::size_t first = 0, runs = 0, left = 0;
  double work = 0;     // grows with the time that a step takes
  double seconds = 0;  // of one run's training and tests, while the others are trained beside it
};

/// On the CPU the seconds that this thread was busy: others may be, too.
double now(const Context& context) {
  timespec time{};
  clock_gettime(context.backend() == Backend::cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<PointEstimate> points_of(const Runner& runner) {
  std::vector<PointEstimate> points;
  for (std::size_t run = 0; run < runner.runs(); ++run) {
    const engine::Spec* spec = runner.replica(run).spec.get();
    if (points.empty() || runner.replica(points.back().first).spec.get() != spec) {
      points.push_back({run, 0, 0, 0, 0});
      points.back().work = runner.operations(run);
    }
    ++points.back().runs;
    points.back().left += !runner.ended(run);
  }
  return points;
}

/// Seconds of one run, of `copies` side by side: a first step, with the test before it, then more of them
/// until they take long enough to be measured.
double measured(const Runner& runner, Context& context, const PointEstimate& point, int copies) {
  engine::Replica one = runner.replica(point.first);
  const std::int64_t steps = one.spec->learner->steps(), tests = one.spec->testing.count(steps);
  if (one.spec->testing.log > 0) {  // such tests come too often at first for steps to be measured
    auto seldom = std::make_shared<engine::Spec>(*one.spec);
    seldom->testing.log = 0, seldom->testing.every = steps;
    one.spec = std::move(seldom);
  }
  engine::Pool pool(context, std::vector<engine::Replica>(static_cast<std::size_t>(copies), one),
                    runner.executor());
  const auto seconds_of = [&](std::int64_t more) {
    const double begin = now(context);
    pool.advance(more);
    context.synchronize();
    return now(context) - begin;
  };
  const double first = seconds_of(1);
  constexpr double enough = 0.1;
  double taken = 0;
  std::int64_t last = 0, done = 1;
  const std::int64_t trained = one.spec->testing.next(0, steps);  // without a test
  for (std::int64_t more = 4; taken < enough && done + more < trained; more *= 2) {
    taken = seconds_of(more);
    last = more, done += more;
  }
  const double step = last > 0 ? taken / static_cast<double>(last) : first;
  return (step * static_cast<double>(steps) + std::max(0.0, first - step) * static_cast<double>(tests)) /
         copies;
}

/// Measures some points, and puts the others between them by their work.
void estimate(const Runner& runner, Context& context, std::vector<PointEstimate>* points) {
  constexpr std::size_t most = 12;
  std::vector<PointEstimate*> left;
  for (PointEstimate& point : *points)
    if (point.left > 0) left.push_back(&point);
  std::sort(left.begin(), left.end(), [](const auto* a, const auto* b) { return a->work < b->work; });
  // One core's time, shared by as many as there are; on a device, many runs side by side.
  Context core = Context::cpu(1);
  const bool cpu = context.backend() == Backend::cpu;
  if (cpu) core.set_memory(context.memory());
  const int together = cpu ? 1 : static_cast<int>(std::min<std::size_t>(runner.runs_left(), 64));
  const double shared = cpu ? static_cast<double>(std::min<std::size_t>(
                                  runner.runs_left(), static_cast<std::size_t>(context.threads())))
                            : 1;
  std::map<double, double> known;  // seconds a step by work
  const auto steps = [&](const PointEstimate& point) {
    return static_cast<double>(runner.replica(point.first).spec->learner->steps());
  };
  for (std::size_t i = 0; i < std::min(most, left.size()); ++i) {
    PointEstimate& point = *left[left.size() <= most ? i : i * (left.size() - 1) / (most - 1)];
    point.seconds = measured(runner, cpu ? core : context, point, together) / shared;
    known[point.work] = point.seconds / steps(point);
  }
  for (PointEstimate* point : left) {
    if (point->seconds > 0) continue;
    const auto above = known.lower_bound(point->work),
               below = above == known.begin() ? above : std::prev(above);
    const double width = above->first - below->first;
    const double share = width > 0 ? (point->work - below->first) / width : 0;
    point->seconds = (below->second + share * (above->second - below->second)) * steps(*point);
  }
}

}  // namespace

void show_dry_run(const Experiment& experiment, const Runner& runner, Context& context, double reading) {
  std::vector<PointEstimate> points = points_of(runner);
  estimate(runner, context, &points);
  Table table{{"variant"}, {}};
  for (const Point& point : experiment.points)
    for (const auto& [path, value] : point.columns)
      if (!find_column(table, path)) table.columns.push_back(path);
  const std::size_t identity = table.columns.size();
  for (const char* column :
       {"replicas", "left", "genome_parameters", "percent", "compression", "steps", "memory", "time"})
    table.columns.push_back(column);
  double seconds = 0;
  std::int64_t steps = 0;
  std::size_t largest = 0;
  for (const PointEstimate& point : points) {
    const RunRow& row = runner.row(point.first);
    std::vector<std::string> cells(identity);
    cells[0] = row.variant;
    for (const auto& [path, value] : row.point) cells[*find_column(table, path)] = value;
    const std::int64_t of_run = runner.replica(point.first).spec->learner->steps();
    for (const std::string& cell :
         {std::to_string(point.runs), std::to_string(point.left), std::to_string(row.genome_parameters),
          number(row.percent), number(row.compression), std::to_string(of_run),
          bytes_text(runner.bytes(point.first)),
          point.left > 0 ? duration_text(point.seconds * static_cast<double>(point.left))
                         : std::string("0:00")})
      cells.push_back(cell);
    table.rows.push_back(std::move(cells));
    seconds += point.seconds * static_cast<double>(point.left);
    steps += of_run * static_cast<std::int64_t>(point.left);
    largest = std::max(largest, runner.bytes(point.first));
  }
  show(terminal_table(table, table.columns));
  show(
      fmt::format("{} of {} runs are left, {} steps: about {} on {}, after {} of reading data (at most: a "
                  "run may stop earlier)\n",
                  runner.runs_left(), runner.runs(), steps, duration_text(seconds), context.description(),
                  duration_text(reading)));
  show(fmt::format("memory: up to {} a run, of {} that may be used\n", bytes_text(largest),
                   bytes_text(runner.memory())));
}

}  // namespace innate::host
