#include "kernels/program/plan.h"

#include <algorithm>
#include <map>

namespace innate::program {

namespace {

constexpr int64_t kAlignment = 64;  // bytes: a line of a CPU's cache
constexpr int64_t kFastAlignment = 16;

int64_t rounded(int64_t bytes, int64_t to) { return (bytes + to - 1) / to * to; }

/// When an array is needed, by the numbers of instructions, and how often its bytes are touched.
struct Life {
  int first = -1, last = -1;
  bool read_first =
      false;  // by the first instruction of the body that touches it: it lives from pass to pass
  bool in_prologue = false, written = false, read = false;
  double touches = 0;
};

/// The instructions of a section, one behind the other.
std::vector<Instruction*> all_of(Section* section) {
  std::vector<Instruction*> all;
  for (auto* list : {&section->prologue, &section->body})
    for (Instruction& i : *list) all.push_back(&i);
  return all;
}

/// visit(array, bytes, offset, reads, writes, times) for each operand that is a symbol.
template <class Each>
struct Symbols {
  const Each& each;
  template <class T>
  void in(T*& p, int64_t count, int64_t times) const {
    say(p, count, true, false, static_cast<double>(times));
  }
  template <class T>
  void out(T*& p, int64_t count) const {
    say(p, count, false, true, 1);
  }
  template <class T>
  void both(T*& p, int64_t count) const {
    say(p, count, true, true, 2);
  }

 private:
  template <class T>
  void say(T* p, int64_t count, bool reads, bool writes, double times) const {
    if (p && is_symbol(p)) each(array_of(p), byte_of(p), count * int64_t{sizeof(T)}, reads, writes, times);
  }
};
template <class Each>
void each_symbol(Instruction& instruction, const Each& each) {
  visit_operands(instruction, Symbols<Each>{each});
}

/// The numbers of the instructions that are walked in strips together with number i.
std::pair<int, int> group_of(const std::vector<Instruction*>& all, int i) {
  for (int begin = i; begin >= 0; --begin)
    if (all[static_cast<std::size_t>(begin)]->strips > 0) {
      const int end = begin + all[static_cast<std::size_t>(begin)]->strips - 1;
      return i <= end ? std::pair(begin, end) : std::pair(i, i);
    }
  return {i, i};
}

std::vector<Life> lives_of(const Code& code, Section* section) {
  std::vector<Life> lives(code.arrays.size());
  const std::vector<Instruction*> all = all_of(section);
  const int prologue = static_cast<int>(section->prologue.size()), count = static_cast<int>(all.size());
  for (int i = 0; i < count; ++i) {
    const auto [begin, end] = group_of(all, i);
    each_symbol(*all[static_cast<std::size_t>(i)],
                [&, begin = begin, end = end](int array, int64_t, int64_t bytes, bool reads, bool writes,
                                              double times) {
                  Life& life = lives[static_cast<std::size_t>(array)];
                  if (life.first < 0) life.first = begin;
                  if (i < prologue) life.in_prologue = true;
                  if (i >= prologue && !life.read && !life.written) life.read_first = reads;
                  if (i >= prologue) life.read |= reads, life.written |= writes;
                  life.last = std::max(life.last, end);
                  life.touches += times * static_cast<double>(bytes);
                });
  }
  for (std::size_t a = 0; a < lives.size(); ++a) {
    Life& life = lives[a];
    const bool lasts = life.read_first || (life.in_prologue && life.last >= prologue) ||
                       code.arrays[a].where != Where::scratch;
    if (life.first >= 0 && lasts) life.first = 0, life.last = count - 1;
  }
  return lives;
}

/// The numbers of arrays, ordered by `before`; of equal ones the first comes first.
template <class Before>
std::vector<std::size_t> ordered(std::vector<std::size_t> numbers, const Before& before) {
  std::stable_sort(numbers.begin(), numbers.end(), before);
  return numbers;
}

/// Places for some arrays: the largest first, each where nobody with an overlapping life lies.
struct Packed {
  std::vector<int64_t> offsets;  // of the arrays, in their order
  int64_t end = 0;
};
Packed pack(const Code& code, const std::vector<Life>& lives, const std::vector<std::size_t>& arrays,
            int64_t alignment) {
  struct Taken {
    std::size_t array;
    int64_t begin, end;
  };
  std::vector<Taken> taken;
  std::map<std::size_t, int64_t> offsets;
  const auto overlap = [&](std::size_t a, std::size_t b) {
    return lives[a].first <= lives[b].last && lives[b].first <= lives[a].last;
  };
  Packed packed;
  const auto larger_first = [&](std::size_t a, std::size_t b) {
    return code.arrays[a].bytes > code.arrays[b].bytes;
  };
  for (const std::size_t a : ordered(arrays, larger_first)) {
    const int64_t bytes = rounded(code.arrays[a].bytes, alignment);
    int64_t at = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Taken& t : taken)
        if (overlap(t.array, a) && at < t.end && t.begin < at + bytes) at = t.end, moved = true;
    }
    taken.push_back({a, at, at + bytes});
    offsets[a] = at;
    packed.end = std::max(packed.end, at + bytes);
  }
  for (const std::size_t a : arrays) packed.offsets.push_back(offsets.at(a));
  return packed;
}

/// The arrays of a section, without those of a core, that `wanted` wants.
template <class Wanted>
std::vector<std::size_t> arrays_of(const SectionPlan& plan, const Wanted& wanted) {
  std::vector<std::size_t> arrays;
  for (std::size_t a = 0; a < plan.locations.size(); ++a)
    if (plan.locations[a].bytes > 0 && wanted(plan.locations[a])) arrays.push_back(a);
  return arrays;
}

/// Takes arrays in as long as all of them still fit, those that are touched most often for their size first.
void place_fast(const Code& code, const std::vector<Life>& lives, int64_t limit, SectionPlan* plan) {
  const auto worth = [&](std::size_t a) {
    return lives[a].touches / static_cast<double>(code.arrays[a].bytes);
  };
  std::vector<std::size_t> chosen;
  Packed packed;
  for (const std::size_t a :
       ordered(arrays_of(*plan, [](const Location&p) { return p.where != Where::core; }),
               [&](std::size_t x, std::size_t y) { return worth(x) > worth(y); })) {
    chosen.push_back(a);
    Packed with = pack(code, lives, chosen, kFastAlignment);
    if (with.end <= limit)
      packed = std::move(with);
    else
      chosen.pop_back();
  }
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    Location& location = plan->locations[chosen[i]];
    location.fast = true;
    location.fast_offset = packed.offsets[i];
    location.fetched = location.where == Where::state;
    location.written = location.fetched && lives[chosen[i]].written;
  }
  plan->fast_bytes = packed.end;
}

int64_t place_slow(const Code& code, const std::vector<Life>& lives, Where where, SectionPlan* plan) {
  const auto arrays = arrays_of(*plan, [where](const Location& p) { return p.where == where && !p.fast; });
  const Packed packed = pack(code, lives, arrays, kAlignment);
  for (std::size_t i = 0; i < arrays.size(); ++i) plan->locations[arrays[i]].offset = packed.offsets[i];
  return rounded(packed.end, 256);
}

/// What was touched since the last barrier.
class Pending {
 public:
  explicit Pending(const SectionPlan& plan) : plan_(plan) {}

  /// Whether the instruction must wait for what is pending: it reads what was written, or writes what was
  /// touched.
  bool waits(Instruction& instruction) const {
    bool waits = false;
    each_symbol(instruction, [&](int array, int64_t offset, int64_t bytes, bool, bool writes, double) {
      const Range own = range(array, offset, bytes, writes);
      for (const Range& other : ranges_)
        waits = waits || (own.space == other.space && own.begin < other.end && other.begin < own.end &&
                          (own.writes || other.writes));
    });
    return waits || (instruction.kind == Kind::cross_entropy && uses_shared_);
  }
  void add(Instruction& instruction) {
    each_symbol(instruction, [&](int array, int64_t offset, int64_t bytes, bool, bool writes, double) {
      ranges_.push_back(range(array, offset, bytes, writes));
    });
    uses_shared_ = uses_shared_ || instruction.kind == Kind::cross_entropy;
  }
  void clear() { ranges_.clear(), uses_shared_ = false; }

 private:
  struct Range {
    int space;
    int64_t begin, end;
    bool writes;
  };
  Range range(int array, int64_t offset, int64_t bytes, bool writes) const {
    const Location& p = plan_.locations[static_cast<std::size_t>(array)];
    const int64_t begin = (p.fast ? p.fast_offset : p.offset) + offset;
    return {p.fast ? 3 : static_cast<int>(p.where), begin, begin + bytes, writes};
  }

  const SectionPlan& plan_;
  std::vector<Range> ranges_;
  bool uses_shared_ = false;
};

/// Numbers the members of groups of strips. A body begins with a barrier, since the pass before may still be
/// running, and so does such a group.
void set_order(std::vector<Instruction>* list, const SectionPlan& plan) {
  Pending pending(plan);
  std::size_t head = 0;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Instruction& instruction = (*list)[i];
    if (i >= head + (*list)[head].strips) head = i;
    instruction.member = static_cast<uint16_t>(i - head);
    instruction.barrier = i == 0 || instruction.strips > 0 || pending.waits(instruction);
    if (instruction.barrier) pending.clear();
    pending.add(instruction);
  }
}

}  // namespace

std::vector<int64_t> state_offsets(const Code& code) {
  std::vector<int64_t> offsets;
  int64_t end = 0;
  for (const Array& array : code.arrays) {
    offsets.push_back(end);
    if (array.where == Where::state) end += rounded(array.bytes, kAlignment);
  }
  return offsets;
}

int64_t state_bytes(const Code& code) {
  int64_t sum = 0;
  for (const Array& array : code.arrays)
    if (array.where == Where::state) sum += rounded(array.bytes, kAlignment);
  return rounded(sum, 256);
}

SectionPlan plan(const Code& code, Section* section, int64_t fast_bytes) {
  const std::vector<Life> lives = lives_of(code, section);
  const std::vector<int64_t> states = state_offsets(code);
  SectionPlan plan;
  plan.locations.resize(code.arrays.size());
  for (std::size_t a = 0; a < plan.locations.size(); ++a) {
    Location& location = plan.locations[a];
    location.where = code.arrays[a].where;
    location.bytes = lives[a].first < 0 ? 0 : code.arrays[a].bytes;
    if (location.where == Where::state) location.offset = states[a];
  }
  if (fast_bytes > 0) place_fast(code, lives, fast_bytes, &plan);
  plan.scratch_bytes = place_slow(code, lives, Where::scratch, &plan);
  plan.core_bytes = place_slow(code, lives, Where::core, &plan);
  set_order(&section->prologue, plan);
  set_order(&section->body, plan);
  return plan;
}

}  // namespace innate::program
