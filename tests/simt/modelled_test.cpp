// What the model takes for passes over shared memory, against what the executor counts of real steps.
#include <gtest/gtest.h>

#include <string>

#include "engine/pool/compiled.h"
#include "kernels/program/model.h"
#include "simt/config.h"
#include "simt/counters.h"
#include "tests/support/genomes.h"

namespace innate::engine {
namespace {

/// Images like MNIST's: of 28 x 28 pixels 19 % are not 0, most of them in the middle.
Dataset digits(int count) {
  Dataset set{"digits", count, 28, 28, 1, 10, {}, {}};
  for (int i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<std::uint8_t>(i % 10));
    for (int p = 0; p < 784; ++p) {
      const int y = p / 28, x = p % 28;
      const double bright = y > 3 && y < 24 && x > 3 && x < 24 ? 0.37 : 0.0;
      const double u =
          random::uniform({7, random::Purpose::weights}, static_cast<std::uint64_t>(i * 784 + p));
      set.images.push_back(u < bright ? 200 : 0);
    }
  }
  return set;
}

struct Encoding {
  std::string name;
  Json genome;
};
std::ostream& operator<<(std::ostream& out, const Encoding& e) { return out << e.name; }

class Modelled : public testing::TestWithParam<Encoding> {};

TEST_P(Modelled, PassesOverSharedMemoryAreThoseThatTheExecutorCounts) {
  if (!simt::checker_available()) GTEST_SKIP() << "built without the counters' instrumentation";
  const simt::Config before = simt::config();
  constexpr int kSteps = 2;
  Context context = Context::cuda();
  const auto task = std::make_shared<const Classification>(context, DatasetPair{digits(128), digits(10)});
  const Network network{28, 28, 1, {{10, Bias::none}}};
  Course course;
  course.steps = 100, course.batch = 64, course.testing = {100, 0, {}};
  const auto spec = spec_of(genome_of(GetParam().genome), network, task, course);
  Pool pool(context, {{spec, 1}}, Executor::fused);
  pool.advance(1);  // and the test before it
  simt::config().count = true;
  simt::reset_counters();
  pool.advance(kSteps);
  simt::config() = before;
  std::uint64_t counted = 0;
  for (const simt::KernelCounts& kernel : simt::counters())
    if (kernel.kernel.find("fused_kernel") != std::string::npos)
      for (const auto direction : {simt::Direction::load, simt::Direction::store, simt::Direction::update})
        counted += kernel.sum(simt::Memory::shared, direction).wavefronts;
  const Compiled compiled = compile(*spec, true, Backend::cuda, 210000);
  const program::Pass pass =
      program::fused_pass({}, compiled.code.sections[static_cast<std::size_t>(compiled.section("train"))]);
  const double ratio = static_cast<double>(counted) / kSteps / pass.wavefronts;
  RecordProperty("counted_over_modelled", std::to_string(ratio));
  // The executor counts more: g++ reads a call's numbers, which lie in shared memory, again and again.
  EXPECT_GT(ratio, 0.9) << counted / kSteps << " counted a step, " << pass.wavefronts << " modelled";
  EXPECT_LT(ratio, 1.6) << counted / kSteps << " counted a step, " << pass.wavefronts << " modelled";
}

INSTANTIATE_TEST_SUITE_P(, Modelled,
                         testing::Values(Encoding{"sgem16", {{"type", "spatial_gem"}, {"genes", 16}}},
                                         Encoding{"sgem26", {{"type", "spatial_gem"}, {"genes", 26}}},
                                         Encoding{"sgem15", {{"type", "spatial_gem"}, {"genes", 15}}},
                                         Encoding{"gem9", {{"type", "gem"}, {"genes", 9}}},
                                         Encoding{"direct", {{"type", "direct"}}}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace innate::engine
