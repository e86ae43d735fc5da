#include "innate/engine/program.h"

#include <algorithm>
#include <utility>

#include "kernels/core/check.h"
#include "kernels/program/core_cpu.h"
#include "kernels/program/machine.h"

namespace innate::engine {

namespace {

constexpr auto kNone = static_cast<std::size_t>(-1);

}  // namespace

struct Program::Members {
  /// A section, bound to the state and the scratch; one of both.
  struct Ready {
    program::Bound cpu;
    std::unique_ptr<program::Launches> cuda;
    bool at_pause = false;
  };

  Members(Context& context_, Tape& tape)
      : context(context_), what(tape.take()), elements(tape.element_bytes()) {
    require(!what.sections.empty(), "the tape holds no section");
    offsets = program::state_offsets(what);
    state = Buffer<unsigned char>(
        context, std::vector<unsigned char>(static_cast<std::size_t>(program::state_bytes(what))));
    std::int64_t most = 0, core = 0;
    for (program::Section& section : what.sections) {
      plans.push_back(program::plan(what, &section, 0));
      most = std::max(most, plans.back().scratch_bytes);
      core = std::max(core, plans.back().core_bytes);
    }
    scratch = Buffer<unsigned char>::of_size(context, static_cast<std::size_t>(most + core));
    sections.resize(what.sections.size());
    if (context.backend() == Backend::cuda) machine = program::machine(context);
    for (std::size_t s = 0; s < sections.size(); ++s) bind(s, most);
  }

  void bind(std::size_t s, std::int64_t core) {
    if (!machine)
      return sections[s].cpu.bind(what.sections[s], plans[s], state.data(), scratch.data(),
                                  scratch.data() + core);
    program::Job job;
    job.code = &what, job.section = static_cast<int>(s);
    job.fused = job.flat = &plans[s];
    job.state = state.data(), job.scratch = scratch.data(), job.times = 1;
    sections[s].cuda = machine->launches(job);
  }

  std::size_t section(const std::string& name) const {
    for (std::size_t s = 0; s < what.sections.size(); ++s)
      if (what.sections[s].name == name) return s;
    std::string all;
    for (const program::Section& each : what.sections) all += (all.empty() ? "" : ", ") + each.name;
    throw Error("a program has no section '" + name + "'; it has " + all);
  }

  void prologue(std::size_t s) { machine ? sections[s].cuda->prologue() : sections[s].cpu.run_prologue(); }
  /// The body from pause `from` (its beginning, where that is none) to pause `to`: calls in the order of the
  /// tape.
  void part(std::size_t s, std::size_t from, std::size_t to) {
    const program::Section& section = what.sections[s];
    std::size_t at = from == kNone ? 0 : section.pauses[from].before;
    const auto instructions = [&](std::size_t end) {
      if (at == end) return;
      machine ? sections[s].cuda->body(static_cast<int>(at), static_cast<int>(end))
              : sections[s].cpu.run_part(at, end);
      at = end;
    };
    for (std::size_t p = from == kNone ? 0 : from + 1; p < std::min(to, section.pauses.size()); ++p) {
      instructions(section.pauses[p].before);
      if (section.pauses[p].function)
        section.pauses[p].function(context, [this](int array) { return this->at(array); });
    }
    instructions(to == kNone ? section.body.size() : section.pauses[to].before);
  }
  /// Number of the pause at which the body is halted.
  std::size_t pause(std::size_t s) const {
    const auto& pauses = what.sections[s].pauses;
    for (std::size_t p = 0; p < pauses.size(); ++p)
      if (!pauses[p].function) return p;
    throw Error("section '" + what.sections[s].name +
                "' of a program has no pause: write one down with Tape::pause");
  }

  int array(const std::string& name) const {
    for (std::size_t a = 0; a < what.arrays.size(); ++a)
      if (what.arrays[a].name == name && what.arrays[a].where == program::Where::state)
        return static_cast<int>(a);
    throw Error("a program has no lasting array '" + name + "'");
  }
  void* at(int array) {
    require(array >= 0 && static_cast<std::size_t>(array) < what.arrays.size() &&
                what.arrays[static_cast<std::size_t>(array)].where == program::Where::state,
            "a program has no lasting array ", array);
    return state.data() + offsets[static_cast<std::size_t>(array)];
  }

  Context& context;
  program::Code what;
  std::vector<int> elements;  // bytes of one, of each array
  std::vector<std::int64_t> offsets;
  std::vector<program::SectionPlan> plans;
  Buffer<unsigned char> state, scratch;
  std::unique_ptr<program::Machine> machine;  // on a device
  std::vector<Ready> sections;
};

Program::Program(Context& context, Tape& tape) {
  require(tape.backend() == context.backend(), "a tape for ", name(tape.backend()),
          " cannot be run by a context for ", name(context.backend()));
  members_ = std::make_unique<Members>(context, tape);
}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

void Program::run(const std::string& section, std::int64_t times) {
  require(times >= 0, "a program is to run ", times, " times");
  const std::size_t s = members_->section(section);
  members_->sections[s].at_pause = false;
  members_->prologue(s);
  for (std::int64_t t = 0; t < times; ++t) members_->part(s, kNone, kNone);
}

void Program::run_to_pause(const std::string& section) {
  const std::size_t s = members_->section(section), pause = members_->pause(s);
  members_->prologue(s);
  members_->part(s, kNone, pause);
  members_->sections[s].at_pause = true;
}

void Program::run_on(const std::string& section) {
  const std::size_t s = members_->section(section), pause = members_->pause(s);
  require(std::exchange(members_->sections[s].at_pause, false), "section '", section,
          "' of a program has not been run to its pause");
  members_->part(s, pause, kNone);
}

void* Program::address(const std::string& array, std::size_t element_bytes) {
  const int number = members_->array(array);
  const int own = members_->elements[static_cast<std::size_t>(number)];
  require(static_cast<int>(element_bytes) == own, "array '", array, "' of a program has elements of ", own,
          " bytes, not of ", element_bytes);
  return members_->at(number);
}

float* Program::data(const Variable& array) {
  return static_cast<float*>(members_->at(array.array)) + array.offset;
}

std::int64_t Program::size(const std::string& array) const {
  const auto number = static_cast<std::size_t>(members_->array(array));
  return members_->what.arrays[number].bytes / members_->elements[number];
}

std::int64_t Program::state_bytes() const { return static_cast<std::int64_t>(members_->state.size()); }
std::int64_t Program::scratch_bytes() const { return static_cast<std::int64_t>(members_->scratch.size()); }

}  // namespace innate::engine
