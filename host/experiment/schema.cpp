#include "host/experiment/schema.h"

#include <innate/engine/json.h>

namespace innate::host {
namespace {

using namespace engine;

Value one_variant() {
  return object({
      required("name", text(), "What results and pictures call it; no two variants share a name."),
      maybe("set", anything("an object of changes"),
            "Merged into the experiment key by key; an object that names a type, and a list, replaces what "
            "was there; "
            "null removes a key."),
      maybe("sweep", anything("an object or a list of objects"), "The variant's own sweep, after its set."),
  });
}

Value mark() {
  return object({
      required("x", wide(number(-std::numeric_limits<double>::infinity())), "Where on the x axis."),
      required("y", wide(number(-std::numeric_limits<double>::infinity())), "Where on the y axis."),
      required("label", text(), "What is written beside it."),
  });
}

Value figure() {
  return object({
      optional(
          "x", text(), "percent",
          "The column of runs.csv along the x axis, such as percent or genome_parameters; at: the steps of "
          "tests, with a line for each point."),
      optional(
          "y", text(), "best_accuracy",
          "The column of runs.csv along the y axis; where x is at, a metric as metrics.csv names it, such "
          "as accuracy."),
      maybe("normalise", word({"start"}),
            "Divides what each run measured by what its first test did; only where x is at."),
      maybe("log_x", boolean(),
            "Whether the x axis is logarithmic; absent: where the points span more than two decades. Step 0 "
            "has no "
            "place on such an axis."),
      optional("log_y", boolean(), false, "Whether the y axis is logarithmic."),
      optional("marks", list(mark()), Json::array(), "Points to compare with, such as a paper's numbers."),
  });
}

std::vector<Field> about_the_experiment() {
  return {
      required("innate", integer(experiment_version, experiment_version), "The version of this file format."),
      required("name", text(), "The results folder's name: letters, digits and - _ . (not first)."),
      maybe("title", text(), "What its picture shows, in words; absent: source, or name."),
      maybe("source", text(), "What the experiment reproduces: a paper, a figure."),
      required("seed", integer(0), "Replica r uses seed + r."),
      optional("replicas", integer(1, 100000), 1, "Independent runs of each point."),
  };
}

std::vector<Field> about_a_point() {
  return {
      optional("precision", word({"exact", "fp32", "tf32", "bf16", "library"}), "fp32",
               "The arithmetic of matrix products: exact, the same bits on every machine (fp32 is the older "
               "word for it, which results are written with); tf32 or bf16, large products on a GPU's tensor "
               "cores; library, large products on a GPU by cuBLASLt, in float32."),
      required("task", task_schema(), "What the network is to do."),
      required("network", network_schema(), "The network that the genome grows into."),
      required("genome", genome_schema(), "What is inherited and learned."),
      required("learning", learning_schema(), "How the genome is improved."),
      optional("test", test_schema(), Json::object(), "When the network is tested."),
  };
}

std::vector<Field> about_points() {
  return {
      maybe("sweep", anything("an object or a list of objects"),
            "Points to run, for every variant: {\"genome.genes\": [1, 5, 9], ...} is the product of its "
            "lists, the last "
            "key fastest; [{\"genome.genes\": 11, \"learning.optimizer.rate\": 0.001}, ...] are the points "
            "themselves."),
      maybe("variants", list(one_variant(), 1), "The experiment, changed in a few ways that are compared."),
      optional("figure", figure(), Json::object(), "The picture of the results."),
  };
}

Value whole_file() {
  std::vector<Field> fields;
  for (const auto& part : {about_the_experiment(), about_a_point(), about_points()}) {
    fields.insert(fields.end(), part.begin(), part.end());
  }
  return object(std::move(fields));
}

}  // namespace

const Value& experiment_schema() {
  static const Value schema = whole_file();
  return schema;
}

const std::vector<std::string>& variable_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> names;
    for (const Field& field : about_a_point()) names.push_back(field.name);
    return names;
  }();
  return keys;
}

std::string schema_reference() {
  return "An experiment is a JSON object with these keys. Comments are allowed: // or /* */.\n"
         "An object of type \"x\" holds \"type\": \"x\". A key that is required below task, network, genome "
         "or\n"
         "learning may come from each variant's set or sweep instead.\n\n" +
         describe(experiment_schema(), "");
}

}  // namespace innate::host
