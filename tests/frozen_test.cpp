// `frozen` and `learns`: which of a genome's arrays learning changes, for every kind of genome alike, and
// what a replica takes from another one's numbers.
#include <gtest/gtest.h>
#include <innate/engine/grown.h>

#include <algorithm>
#include <string>

#include "tests/support/genomes.h"
#include "tests/support/messages.h"

namespace innate::engine {
namespace {

using test::error_of;
using test::expect_parts;

std::shared_ptr<const Genome> with(Json json, const char* key, const std::vector<std::string>& names) {
  json[key] = names;
  return genome_of(json);
}

/// A kind of genome and one of its learned arrays, which is frozen.
class Frozen : public testing::Test {
 protected:
  template <class Check>
  void for_each_array(const Check& check) {
    for (const Kind& kind : kinds()) {
      const Network network = network_of(kind);
      const auto all = genome_of(kind.genome);
      const std::vector<Tensor> learned = all->layout(network).learned;
      if (learned.size() == 1) continue;
      for (const Tensor& t : learned) {
        SCOPED_TRACE(std::string(kind.name) + ", " + t.name);
        check(kind, network, *all, t);
      }
    }
  }
  Context context = Context::cpu(1);
};

TEST_F(Frozen, AnArrayLiesAmongTheFrozenOnesAndIsDrawnAsBefore) {
  for_each_array([](const Kind& kind, const Network& network, const Genome& all, const Tensor& t) {
    const auto frozen = with(kind.genome, "frozen", {t.name});
    const Layout before = all.layout(network), layout = frozen->layout(network);
    EXPECT_EQ(Layout::index(layout.learned, t.name), -1);
    EXPECT_EQ(static_cast<std::size_t>(Layout::index(layout.frozen, t.name)), before.frozen.size());
    EXPECT_EQ(Layout::size(layout.learned), Layout::size(before.learned) - t.size());
    const Draw old = all.draw(network, 7), draw = frozen->draw(network, 7);
    check(draw, layout);
    EXPECT_EQ(draw.scales, old.scales);
    for (const auto* tensors : {&before.learned, &before.frozen})
      for (const Tensor& each : *tensors)
        EXPECT_EQ(array_of(layout, draw, each.name), array_of(before, old, each.name)) << each.name;
    std::vector<std::string> others;
    for (const Tensor& each : layout.learned) others.push_back(each.name);
    EXPECT_EQ(with(kind.genome, "learns", others)->draw(network, 7).learned, draw.learned);
    EXPECT_EQ(genome_to_json(*genome_from_json(genome_to_json(*frozen))), genome_to_json(*frozen));
    EXPECT_EQ(frozen->paper_parameters(network), all.paper_parameters(network));
  });
}

TEST_F(Frozen, OthersHaveTheGradientThatTheyHadBefore) {
  for_each_array([&](const Kind& kind, const Network& network, const Genome&, const Tensor& t) {
    const DeviceImages set(context, bars(30, kind.channels, 5));
    const auto gradient = [&](const std::shared_ptr<const Genome>& genome) {
      const Draw draw = genome->draw(network, 3);
      const Layout layout = genome->layout(network);
      const Grown grown(context, genome, network, 3, draw, 0.5);
      return std::tuple(layout, Draw{grown.gradient(set), draw.frozen, draw.scales}, grown.test(set).loss);
    };
    const auto [before, old, loss] = gradient(genome_of(kind.genome));
    const auto [layout, now, loss_now] = gradient(with(kind.genome, "frozen", {t.name}));
    EXPECT_EQ(loss_now, loss);
    for (const Tensor& each : layout.learned)
      EXPECT_EQ(array_of(layout, now, each.name), array_of(before, old, each.name)) << each.name;
  });
}

TEST_F(Frozen, LearningChangesTheOthersAlone) {
  for_each_array([&](const Kind& kind, const Network& network, const Genome&, const Tensor& t) {
    const auto task = std::make_shared<Classification>(context, bar_pair(kind.channels));
    const auto frozen = with(kind.genome, "frozen", {t.name});
    Pool pool(context, {{spec_of(frozen, network, task), 5, true, true}});
    const std::vector<TestResult> results = pool.advance(8);
    const Draw before = frozen->draw(network, 5), after = pool.numbers(0);
    EXPECT_EQ(after.frozen, before.frozen);
    EXPECT_NE(after.learned, before.learned);
    if (!frozen->has_places()) return;
    const auto expected = genome_of(kind.genome)->places(network, genome_of(kind.genome)->draw(network, 5));
    ASSERT_EQ(results.front().places.size(), expected.size());
    for (std::size_t g = 0; g < expected.size(); ++g)
      EXPECT_EQ(results.front().places[g].row, expected[g].row);
  });
}

TEST_F(Frozen, NamesThatAreWrongAreRefused) {
  const Network network{4, 3, 1, {hidden(5), {3, Bias::learned}}};
  const Json gem = {{"type", "gem"}, {"genes", 2}};
  const auto error = [&](const char* key, const std::vector<std::string>& names) {
    return error_of([&] { with(gem, key, names)->layout(network); });
  };
  EXPECT_EQ(error("frozen", {"interaction", "expresion_1"}),
            "genome.frozen[1]: \"expresion_1\" is no array that the genome has for this network; allowed: "
            "expression, expression_1, interaction, bias_1, output_identity; did you mean \"expression_1\"?");
  EXPECT_EQ(error("frozen", {"output_identity"}), "no error") << "it is frozen already";
  EXPECT_EQ(error("learns", {"output_identity"}),
            "genome.learns[0]: \"output_identity\" is no array that the genome learns for this network; "
            "allowed: expression, expression_1, interaction, bias_1");
  EXPECT_EQ(error("frozen", {"expression", "expression_1", "interaction", "bias_1"}),
            "genome.frozen: nothing is left to be learned; the genome learns expression, expression_1, "
            "interaction, bias_1");
  Json both = gem;
  both["frozen"] = both["learns"] = Json::array({"interaction"});
  expect_parts(error_of([&] { genome_of(both); }), {"genome.learns: ", "\"frozen\""});
  Json drawn = gem;
  drawn["drawn"] = Json::array({"interaction"});
  expect_parts(error_of([&] { genome_of(drawn); }), {"genome.drawn: ", "\"from\""});
  Json none = gem;
  none["frozen"] = Json::array();
  expect_parts(error_of([&] { genome_of(none); }), {"genome.frozen: ", "at least 1 item"});
}

TEST_F(Frozen, NumbersAreInheritedByTheNamesOfArrays) {
  const Network network{4, 3, 1, {hidden(5), {3, Bias::learned}}};
  const Json gem = {{"type", "gem"}, {"genes", 2}, {"output", "learned"}};
  const auto all = genome_of(gem), frozen = with(gem, "learns", {"bias_1", "interaction"});
  const Layout from = all->layout(network), layout = frozen->layout(network);
  const Draw other = all->draw(network, 1), own = frozen->draw(network, 2);
  const Draw draw = inherit(layout, own, from, other, {"interaction"});
  check(draw, layout);
  EXPECT_EQ(draw.scales, other.scales);
  for (const char* name : {"expression", "expression_1", "output_identity", "bias_1"})
    EXPECT_EQ(array_of(layout, draw, name), array_of(from, other, name)) << name;
  EXPECT_EQ(array_of(layout, draw, "interaction"), array_of(layout, own, "interaction"));
  EXPECT_NE(array_of(layout, draw, "interaction"), array_of(from, other, "interaction"));

  const auto error = [&](const Json& json, const Network& there, const std::vector<std::string>& drawn) {
    const auto genome = genome_of(json);
    return error_of([&] { inherit(layout, own, genome->layout(there), genome->draw(there, 1), drawn); });
  };
  Network larger = network, plain = network;
  larger.layers[0].units = 6, plain.layers[1].bias = Bias::none;
  EXPECT_EQ(error(gem, larger, {}), "the array \"expression_1\" is 6 x 2, and 5 x 2 here");
  EXPECT_EQ(error(gem, larger, {"expression_1"}), "no error");
  expect_parts(error(gem, plain, {}), {"the array \"bias_1\" is not there; there are expression, "});
  EXPECT_EQ(error(gem, plain, {"bias_1"}), "no error");
  Json apart = gem;
  apart["interaction"] = "own";
  expect_parts(error(apart, network, {}), {"the array \"interaction_1\" is not here; here are "});
}

}  // namespace
}  // namespace innate::engine
