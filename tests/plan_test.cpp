// Plans: programs of every kind of genome are walked instruction by instruction, over the bytes that their
// plans give them, by a few rules that know nothing of how plans are made.
#include "kernels/program/plan.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/pool/compiled.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

using program::Code;
using program::Instruction;
using program::Location;
using program::Section;
using program::SectionPlan;
using program::Where;

// ---- What instructions touch

/// Bytes of an array that an instruction reads or writes.
struct Touch {
  int array;
  std::int64_t begin, end;
  bool reads, writes;
};

struct Touches {
  std::vector<Touch>& all;
  template <class T>
  void in(T*& p, std::int64_t count, std::int64_t) const {
    add(p, count, true, false);
  }
  template <class T>
  void out(T*& p, std::int64_t count) const {
    add(p, count, false, true);
  }
  template <class T>
  void both(T*& p, std::int64_t count) const {
    add(p, count, true, true);
  }
  template <class T>
  void add(T* p, std::int64_t count, bool reads, bool writes) const {
    if (!p || !program::is_symbol(p) || count == 0) return;
    const std::int64_t begin = program::byte_of(p);
    all.push_back({program::array_of(p), begin, begin + count * std::int64_t{sizeof(T)}, reads, writes});
  }
};

std::vector<Touch> touches_of(Instruction instruction) {
  std::vector<Touch> all;
  program::visit_operands(instruction, Touches{all});
  return all;
}

/// The instructions of a list as a worker takes them: strip by strip where they are walked in strips. The
/// flag says whether strips were cut.
std::vector<std::pair<Instruction, bool>> walked(const std::vector<Instruction>& list) {
  std::vector<std::pair<Instruction, bool>> all;
  for (std::size_t i = 0; i < list.size();) {
    const Instruction& first = list[i];
    if (first.strips == 0) {
      all.emplace_back(list[i++], false);
      continue;
    }
    for (std::int64_t at = 0; at < first.extent; at += first.width)
      for (std::size_t member = i; member < i + first.strips; ++member) {
        Instruction part = list[member];
        program::cut_to_strip(part, at, std::min(first.width, first.extent - at));
        all.emplace_back(part, true);
      }
    i += first.strips;
  }
  return all;
}

/// Prologue and two passes, as a worker takes them.
std::vector<std::pair<Instruction, bool>> run_of(const Section& section) {
  std::vector<std::pair<Instruction, bool>> all = walked(section.prologue);
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& step : walked(section.body)) all.push_back(step);
  return all;
}

// ---- Where they touch it

/// A byte of a worker's memory: the space it lies in, and its place there.
using Byte = std::pair<int, std::int64_t>;

std::vector<Byte> bytes_of(const SectionPlan& plan, const Touch& touch) {
  const Location& p = plan.locations[static_cast<std::size_t>(touch.array)];
  std::vector<Byte> all;
  for (std::int64_t b = touch.begin; b < touch.end; ++b)
    all.emplace_back(p.fast ? 3 : static_cast<int>(p.where), (p.fast ? p.fast_offset : p.offset) + b);
  return all;
}

std::string text(const Code& code, const Instruction& i, const Touch& t) {
  return std::string(program::name(i.kind)) + " on bytes " + std::to_string(t.begin) + " to " +
         std::to_string(t.end) + " of " + code.arrays[static_cast<std::size_t>(t.array)].name;
}

/// What is read is what was written last by the same array's name, and no instruction writes where it reads
/// another array. State is there from the beginning; what was copied to fast memory and written is there at
/// the end.
void expect_values_are_kept(const Code& code, const Section& section, const SectionPlan& plan) {
  std::map<Byte, std::pair<int, std::int64_t>> owner;  // the array's byte that lies there
  for (std::size_t a = 0; a < code.arrays.size(); ++a) {
    const Location& p = plan.locations[a];
    if (p.where != Where::state || p.bytes == 0) continue;
    EXPECT_EQ(p.fast, p.fetched) << code.arrays[a].name << ": a copy of state is fetched";
    const Touch whole{static_cast<int>(a), 0, p.bytes, false, true};
    std::int64_t byte = 0;
    for (const Byte& b : bytes_of(plan, whole)) {
      EXPECT_EQ(owner.count(b), 0u) << code.arrays[a].name << " lies where another state array does";
      owner[b] = {static_cast<int>(a), byte++};
    }
  }
  for (const auto& [instruction, cut] : run_of(section)) {
    const std::vector<Touch> touches = touches_of(instruction);
    for (const Touch& t : touches) {
      ASSERT_LE(t.end, code.arrays[static_cast<std::size_t>(t.array)].bytes) << text(code, instruction, t);
      std::int64_t byte = t.begin;
      for (const Byte& b : bytes_of(plan, t)) {
        const std::pair<int, std::int64_t> own{t.array, byte++};
        if (t.reads) {
          ASSERT_TRUE(owner.count(b) && owner[b] == own)
              << text(code, instruction, t) << " finds another array there";
        }
      }
    }
    for (const Touch& t : touches) {
      if (!t.writes) continue;
      const std::vector<Byte> written = bytes_of(plan, t);
      for (const Touch& other : touches) {
        if (other.array == t.array) continue;
        const std::vector<Byte> own = bytes_of(plan, other);
        for (const Byte& b : own)
          ASSERT_FALSE(b.first == written[0].first && b.second >= written[0].second &&
                       b.second <= written.back().second)
              << text(code, instruction, t) << " lies on " << text(code, instruction, other);
      }
      std::int64_t byte = t.begin;
      for (const Byte& b : written) owner[b] = {t.array, byte++};
    }
  }
  for (std::size_t a = 0; a < code.arrays.size(); ++a) {
    const Location& p = plan.locations[a];
    if (!p.written) continue;
    std::int64_t byte = 0;
    for (const Byte& b : bytes_of(plan, {static_cast<int>(a), 0, p.bytes, true, false}))
      EXPECT_EQ(owner[b], (std::pair<int, std::int64_t>{static_cast<int>(a), byte++}))
          << code.arrays[a].name << " is not there any more when it is taken back";
  }
}

/// A state array in fast memory that a run changes is taken back, and no other.
void expect_changes_are_taken_back(const Code& code, const Section& section, const SectionPlan& plan) {
  std::map<int, bool> changed;
  for (const Instruction& i : section.body)
    for (const Touch& t : touches_of(i)) changed[t.array] |= t.writes;
  for (const Instruction& i : section.prologue)
    for (const Touch& t : touches_of(i)) changed[t.array] |= t.writes;
  for (const auto& [array, writes] : changed) {
    const Location& p = plan.locations[static_cast<std::size_t>(array)];
    if (p.where == Where::state && p.fast) {
      EXPECT_EQ(p.written, writes) << section.name << ", "
                                   << code.arrays[static_cast<std::size_t>(array)].name;
    }
    if (p.where != Where::state) {
      EXPECT_FALSE(p.written || p.fetched);
    }
  }
}

void expect_within_bounds(const Code& code, const SectionPlan& plan, std::int64_t fast_limit) {
  const std::vector<std::int64_t> states = program::state_offsets(code);
  EXPECT_LE(plan.fast_bytes, std::max<std::int64_t>(0, fast_limit));
  for (std::size_t a = 0; a < code.arrays.size(); ++a) {
    const Location& p = plan.locations[a];
    if (p.bytes == 0) continue;
    EXPECT_EQ(p.bytes, code.arrays[a].bytes);
    if (p.fast) {
      EXPECT_LE(p.fast_offset + p.bytes, plan.fast_bytes);
      EXPECT_EQ(p.fast_offset % 16, 0);
    }
    if (p.where == Where::state) {
      EXPECT_EQ(p.offset, states[a]);
      EXPECT_LE(p.offset + p.bytes, program::state_bytes(code));
    } else if (!p.fast) {
      EXPECT_LE(p.offset + p.bytes, p.where == Where::core ? plan.core_bytes : plan.scratch_bytes);
    }
    EXPECT_EQ(p.offset % 64, 0);
  }
}

// ---- Barriers

/// Whether an instruction reads what was written, or writes what was touched, since the last barrier.
class SinceBarrier {
 public:
  bool conflicts(const SectionPlan& plan, const std::vector<Touch>& touches) const {
    for (const Touch& t : touches)
      for (const Byte& b : bytes_of(plan, t)) {
        const auto found = touched_.find(b);
        if (found != touched_.end() && (t.writes || found->second)) return true;
      }
    return false;
  }
  void add(const SectionPlan& plan, const std::vector<Touch>& touches) {
    for (const Touch& t : touches)
      for (const Byte& b : bytes_of(plan, t)) touched_[b] |= t.writes;
  }
  void clear() { touched_.clear(); }

 private:
  std::map<Byte, bool> touched_;  // whether it was written
};

/// Flags are where they must be and nowhere else. The room of the classifier's sums, which is no operand, is
/// guarded too.
void expect_barriers(const Code& code, const std::vector<Instruction>& list, const SectionPlan& plan) {
  SinceBarrier since;
  bool sums = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::vector<Touch> touches = touches_of(list[i]);
    const bool uses_sums = list[i].kind == program::Kind::cross_entropy;
    const bool expected =
        i == 0 || list[i].strips > 0 || since.conflicts(plan, touches) || (uses_sums && sums);
    EXPECT_EQ(list[i].barrier, expected)
        << program::name(list[i].kind) << ", number " << i << " of " << code.sections[0].name;
    if (list[i].barrier) since.clear(), sums = false;
    since.add(plan, touches);
    sums = sums || uses_sums;
  }
}

/// As workers take them, from strip to strip and from pass to pass, no conflict is left between barriers.
void expect_no_race(const Code& code, const Section& section, const SectionPlan& plan) {
  SinceBarrier since;
  for (const auto& [instruction, cut] : run_of(section)) {
    const std::vector<Touch> touches = touches_of(instruction);
    if (instruction.barrier) since.clear();
    ASSERT_FALSE(since.conflicts(plan, touches))
        << section.name << ": " << program::name(instruction.kind) << " races, in a program of "
        << code.arrays.size() << " arrays";
    since.add(plan, touches);
  }
}

// ---- On every kind of genome

struct Planned {
  std::string name;
  Kind kind;
  bool stored;
  Backend backend;
};

/// Asked by name, since whoever lists the tests asks too.
bool has_basis(const Kind& kind) {
  const std::string type = kind.genome.at("type");
  return type == "random_basis" || type == "intrinsic_dimension";
}

std::vector<Planned> all_planned() {
  std::vector<Planned> all;
  for (const Kind& kind : kinds())
    for (const Backend backend : {Backend::cpu, Backend::cuda})
      for (const bool stored : {true, false}) {
        if (!stored && !has_basis(kind)) continue;
        all.push_back({std::string(kind.name) + "_" + name(backend) + (stored ? "" : "_made") + "_plan", kind,
                       stored, backend});
      }
  return all;
}

std::int64_t instruction_bytes(const Section& section) {
  return static_cast<std::int64_t>((section.prologue.size() + section.body.size()) * sizeof(Instruction));
}

class Plans : public testing::TestWithParam<Planned> {
 protected:
  /// As `few` rows, and extents that take strips of several widths; tests leave 4 images over.
  Compiled compiled_with(std::int64_t fast, int batch = 13, int extent = 0) const {
    const Planned& it = GetParam();
    Context context = Context::cpu(1);
    const auto task = std::make_shared<Classification>(context, bar_pair(it.kind.channels, 90, 504));
    Course course;
    course.batch = batch;
    return compile(*spec_of(genome_of(it.kind.genome, extent), network_of(it.kind), task, course), it.stored,
                   it.backend, fast);
  }
  /// The fast memory that holds all that a section touches, and its instructions.
  std::int64_t all_fast(const Compiled& c) const {
    std::int64_t most = 0;
    for (std::size_t s = 0; s < c.plans.size(); ++s) {
      std::int64_t bytes = instruction_bytes(c.code.sections[s]);
      for (const Location& p : c.plans[s].locations) bytes += (p.bytes + 15) / 16 * 16;
      most = std::max(most, bytes);
    }
    return most;
  }
  template <class Each>
  void each_plan(const Compiled& c, const Each& each) const {
    for (std::size_t s = 0; s < c.code.sections.size(); ++s) {
      SCOPED_TRACE(c.code.sections[s].name);
      each(c.code.sections[s], c.plans[s]);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, Plans, testing::ValuesIn(all_planned()),
                         [](const auto& info) { return info.param.name; });

TEST(Planned, HaveABasisWhereTheirGenomeHasOne) {
  for (const Kind& kind : kinds())
    EXPECT_EQ(has_basis(kind), !genome_of(kind.genome)->layout(network_of(kind)).basis.empty()) << kind.name;
}

TEST_P(Plans, KeepValuesWhileTheyLive) {
  const std::int64_t all = all_fast(compiled_with(0));
  for (const std::int64_t fast : {std::int64_t{0}, std::int64_t{64}, all / 2, all}) {
    SCOPED_TRACE(std::to_string(fast) + " bytes of fast memory");
    const Compiled c = compiled_with(fast);
    each_plan(c, [&](const Section& section, const SectionPlan& plan) {
      expect_values_are_kept(c.code, section, plan);
      expect_changes_are_taken_back(c.code, section, plan);
      expect_within_bounds(c.code, plan, fast - instruction_bytes(section));
    });
    for (std::size_t s = 0; s < c.flat.size(); ++s) {
      SCOPED_TRACE(c.code.sections[s].name + ", launched");
      expect_values_are_kept(c.code, c.code.sections[s], c.flat[s]);
      expect_within_bounds(c.code, c.flat[s], 0);
    }
    EXPECT_EQ(c.flat.empty(), GetParam().backend == Backend::cpu);
  }
}

TEST_P(Plans, SetBarriersWhereTheyAreNeeded) {
  const std::int64_t all = all_fast(compiled_with(0));
  for (const std::int64_t fast : {std::int64_t{0}, all / 2, all}) {
    SCOPED_TRACE(std::to_string(fast) + " bytes of fast memory");
    const Compiled c = compiled_with(fast);
    each_plan(c, [&](const Section& section, const SectionPlan& plan) {
      expect_barriers(c.code, section.prologue, plan);
      expect_barriers(c.code, section.body, plan);
      expect_no_race(c.code, section, plan);
    });
  }
}

TEST_P(Plans, OfManyNumbersAndRowsHoldToo) {  // other orders, and more strips than one
  const int extent = extent_of(GetParam().kind.genome) ? 70 : 0;
  const Compiled c = compiled_with(0, 66, extent);
  each_plan(c, [&](const Section& section, const SectionPlan& plan) {
    expect_values_are_kept(c.code, section, plan);
    expect_barriers(c.code, section.prologue, plan);
    expect_barriers(c.code, section.body, plan);
    expect_no_race(c.code, section, plan);
  });
}

TEST_P(Plans, TakeWhatTheySay) {
  const Compiled none = compiled_with(0), all = compiled_with(all_fast(none));
  std::int64_t fast = 0, most = 0;
  for (std::size_t s = 0; s < none.plans.size(); ++s) {
    EXPECT_EQ(none.plans[s].fast_bytes, 0);
    EXPECT_EQ(all.plans[s].scratch_bytes, 0) << "all of it is fast";
    fast = std::max(fast, all.plans[s].fast_bytes);
    most = std::max(most, none.plans[s].scratch_bytes + none.plans[s].core_bytes);
  }
  EXPECT_GT(fast, 0);
  EXPECT_EQ(none.scratch_bytes(), most);
  EXPECT_EQ(none.state_bytes, program::state_bytes(none.code));
  // Arrays whose lives do not overlap share places.
  std::int64_t sum = 0;
  const SectionPlan& train = none.plans[0];
  for (const Location& p : train.locations)
    if (p.where == Where::scratch) sum += (p.bytes + 63) / 64 * 64;
  EXPECT_LT(train.scratch_bytes, sum + 256);
}

/// Half the memory holds what is touched most often for its size.
TEST_P(Plans, FastMemoryIsUsed) {
  const Compiled none = compiled_with(0);
  const std::int64_t own = instruction_bytes(none.code.sections[0]);
  const std::int64_t half = compiled_with(std::int64_t{1} << 28).plans[0].fast_bytes / 2;
  const Compiled some = compiled_with(half + own);
  EXPECT_LE(some.plans[0].fast_bytes, half);
  EXPECT_GE(some.plans[0].fast_bytes, half / 4);
  EXPECT_LT(some.plans[0].scratch_bytes, none.plans[0].scratch_bytes);
}

// ---- How much a block needs

/// Bytes of shared memory that a block with everything of one replica asks for: 28 x 28 pixels, 64 images a
/// step.
std::int64_t block_bytes(const Json& genome) {
  Dataset set{
      "stripes", 200, 28, 28, 1, 10, std::vector<std::uint8_t>(200 * 784), std::vector<std::uint8_t>(200)};
  for (std::size_t i = 0; i < set.images.size(); i += 5) set.images[i] = 200;
  Context context = Context::cpu(1);
  auto learner = std::make_shared<Gradient>();
  learner->images = 64, learner->most = 1000;
  Spec spec;
  spec.network = {28, 28, 1, {{10, Bias::none}}};
  spec.genome = genome_from_json(resolve(genome_schema(), genome, "genome"));
  spec.task = std::make_shared<Classification>(context, DatasetPair{set, set});
  spec.learner = learner;
  spec.testing = {1000, 0, {}};
  const Compiled c = compile(spec, true, Backend::cuda, std::int64_t{1} << 28);
  // The classifier's partial sums, a strip's instructions, lists of pixels and their terms (fused.cuh).
  constexpr std::int64_t kHead = 2688 + 12288;
  return kHead + instruction_bytes(c.code.sections[0]) + c.plans[0].fast_bytes;
}

/// What ptxas cannot tell, as all of it is dynamic. A change here changes how many replicas a multiprocessor
/// holds (232,448 bytes a block, 233,472 a multiprocessor with 1,024 more for each of its blocks; compute
/// capability 9.0), and from which size on arrays have to lie in L2.
TEST(SharedMemory, OfABlock) {
  const auto gem = [](int genes) { return block_bytes({{"type", "gem"}, {"genes", genes}}); };
  const auto spatial = [](int genes) { return block_bytes({{"type", "spatial_gem"}, {"genes", genes}}); };
  EXPECT_EQ(block_bytes({{"type", "direct"}}), 144448);
  EXPECT_EQ(gem(1), 30224);
  EXPECT_EQ(gem(9), 134544);
  EXPECT_EQ(gem(16), 227440);
  EXPECT_GT(gem(17), 232448);
  EXPECT_EQ(spatial(11), 61072);
  EXPECT_EQ(spatial(26), 124688);
  EXPECT_EQ(spatial(46), 223200);
}

// ---- Programs that no genome writes

/// What the first of a group reads must last to the group's last strip, although what the last of it writes
/// is not there before: neither may have the other's location.
TEST(PlanOfStrips, KeepsWhatIsReadInEveryStrip) {
  using program::Kind;
  using program::Of;
  constexpr std::int64_t kNumbers = 4, kWeights = 16;
  Code p;
  const auto array = [&p](const char* name, std::int64_t floats, Where where) {
    p.arrays.push_back({name, 4 * floats, where});
    return reinterpret_cast<float*>(program::symbol(static_cast<int>(p.arrays.size()) - 1, 0));
  };
  float* const r = array("R", kNumbers * kWeights, Where::state);
  float* const c = array("c", kNumbers, Where::state);
  float* const sums = array("sums", kWeights, Where::state);
  float* const first = array("first", kWeights, Where::scratch);
  float* const between = array("between", kNumbers, Where::scratch);
  float* const last = array("last", kWeights, Where::scratch);
  Section section{"strips", {}, {}, {}};
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{kNumbers, kWeights, r, first, false});
  basis::Combination back{};
  back.numbers = back.count = kNumbers, back.weights = kWeights, back.r = r, back.dtheta = first,
  back.dc = between;
  section.body.emplace_back(Of<Kind::combine_backward>{}, back);
  section.body.back().strips = 2, section.body.back().extent = kNumbers, section.body.back().width = 1;
  basis::Combination on{};
  on.numbers = on.count = kNumbers, on.weights = kWeights, on.r = r, on.c = c, on.theta = last;
  section.body.emplace_back(Of<Kind::combine>{}, on);
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{1, kWeights, last, sums, false});
  const auto overlap = [](const Location& a, const Location& b) {
    const std::int64_t at = a.fast ? a.fast_offset : a.offset, other = b.fast ? b.fast_offset : b.offset;
    return a.fast == b.fast && at < other + b.bytes && other < at + a.bytes;
  };
  for (const std::int64_t fast : {0, 192, 4096}) {
    p.sections = {section};
    const SectionPlan plan = program::plan(p, &p.sections[0], fast);
    const auto place = [&](float* of) {
      return plan.locations[static_cast<std::size_t>(program::array_of(of))];
    };
    EXPECT_FALSE(overlap(place(first), place(last))) << fast;
    EXPECT_FALSE(overlap(place(between), place(last))) << fast;
    EXPECT_FALSE(overlap(place(first), place(between))) << fast;
    EXPECT_TRUE(p.sections[0].body[1].barrier) << "a group begins with one";
  }
}

/// A scratch array that the body reads before it writes it lasts from pass to pass.
TEST(PlanOfPasses, KeepsWhatTheNextPassReads) {
  using program::Kind;
  using program::Of;
  Code p;
  const auto array = [&p](const char* name, Where where) {
    p.arrays.push_back({name, 64, where});
    return reinterpret_cast<float*>(program::symbol(static_cast<int>(p.arrays.size()) - 1, 0));
  };
  float *const in = array("in", Where::state), *const out = array("out", Where::state);
  float *const carried = array("carried", Where::scratch), *const passing = array("passing", Where::scratch);
  Section section{"passes", {}, {}, {}};
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{1, 16, carried, out, false});
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{1, 16, in, carried, false});
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{1, 16, in, passing, false});
  section.body.emplace_back(Of<Kind::sum_rows>{}, gemm::RowSum{1, 16, passing, out, true});
  for (const std::int64_t fast : {0, 4096}) {
    p.sections = {section};
    const SectionPlan plan = program::plan(p, &p.sections[0], fast);
    const Location &a = plan.locations[2], &b = plan.locations[3];
    EXPECT_NE(a.fast ? a.fast_offset : a.offset, b.fast ? b.fast_offset : b.offset) << fast;
  }
}

// ---- The rules themselves

/// Two arrays that live at the same time, laid on one place, are found.
TEST(PlanRules, FindArraysThatLieOnEachOther) {
  Context context = Context::cpu(1);
  const auto task = std::make_shared<Classification>(context, bar_pair());
  Compiled c = compile(*spec_of(genome_of({{"type", "gem"}, {"genes", 3}}), bar_network(Bias::none), task),
                       true, Backend::cpu, 0);
  SectionPlan& plan = c.plans[0];
  for (Location& p : plan.locations)
    if (p.where == Where::scratch) p.offset = 0;
  testing::TestPartResultArray found;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
    expect_values_are_kept(c.code, c.code.sections[0], plan);
  }
  EXPECT_GT(found.size(), 0);
}

TEST(PlanRules, FindBarriersThatAreMissing) {
  Context context = Context::cpu(1);
  const auto task = std::make_shared<Classification>(context, bar_pair());
  Compiled c = compile(*spec_of(genome_of({{"type", "gem"}, {"genes", 3}}), bar_network(Bias::none), task),
                       true, Backend::cpu, 0);
  Section& train = c.code.sections[0];
  int found_by_both = 0, barriers = 0;
  for (Instruction& i : train.body) {
    if (!i.barrier) continue;
    ++barriers;
    i.barrier = false;
    testing::TestPartResultArray flags, races;
    {
      testing::ScopedFakeTestPartResultReporter reporter(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &flags);
      expect_barriers(c.code, train.body, c.plans[0]);
    }
    {
      testing::ScopedFakeTestPartResultReporter reporter(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &races);
      expect_no_race(c.code, train, c.plans[0]);
    }
    found_by_both += flags.size() > 0 && races.size() > 0;
    i.barrier = true;
  }
  EXPECT_GE(barriers, 5);
  EXPECT_GE(found_by_both, barriers - 1);  // the first may be needed by no pass
}

}  // namespace
}  // namespace innate::engine
