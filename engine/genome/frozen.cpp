#include "engine/genome/frozen.h"

#include <algorithm>
#include <utility>

#include "innate/engine/json.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::vector<std::string> names_of(const std::vector<Tensor>& tensors) {
  std::vector<std::string> names;
  for (const Tensor& t : tensors) names.push_back(t.name);
  return names;
}

std::vector<std::string> names_of(const Layout& layout) {
  std::vector<std::string> names = names_of(layout.learned);
  for (const Tensor& t : layout.frozen) names.push_back(t.name);
  return names;
}

void append(const float* numbers, const Tensor& tensor, std::vector<float>* to) {
  to->insert(to->end(), numbers, numbers + tensor.size());
}

/// Another genome, of whose learned arrays some are frozen: they lie behind those that are frozen in it.
class Frozen : public Genome {
 public:
  /// `key`: "frozen" or "learns", which says what `names` are.
  Frozen(std::unique_ptr<Genome> all, std::string key, std::vector<std::string> names)
      : all_(std::move(all)), key_(std::move(key)), names_(std::move(names)) {}

  Options options() const override {
    Options options = all_->options();
    options.fields.emplace_back(key_, names_);
    return options;
  }
  std::int64_t extent() const override { return all_->extent(); }
  std::int64_t paper_parameters(const Network& network) const override {
    return all_->paper_parameters(network);
  }
  bool has_places() const override { return all_->has_places(); }
  std::vector<Weights> grow(Tape& tape, const Network& network, const Inherited& inherited) const override {
    return all_->grow(tape, network, inherited);
  }

  Layout layout(const Network& network) const override {
    Layout layout = all_->layout(network);
    check_names(layout);
    const std::vector<Tensor> all = std::exchange(layout.learned, {});
    for (const Tensor& t : all) (learns(t) ? layout.learned : layout.frozen).push_back(t);
    if (layout.learned.empty())
      throw SchemaError("genome." + key_,
                        "nothing is left to be learned; the genome learns " + list_of(names_of(all)));
    return layout;
  }

  Draw draw(const Network& network, std::uint64_t seed) const override {
    layout(network);  // checks
    Draw draw = all_->draw(network, seed);
    const std::vector<float> learned = std::exchange(draw.learned, {});
    const float* at = learned.data();
    for (const Tensor& t : all_->layout(network).learned) {
      append(at, t, learns(t) ? &draw.learned : &draw.frozen);
      at += t.size();
    }
    return draw;
  }

  std::vector<GenePlace> places(const Network& network, const Draw& numbers) const override {
    check(numbers, layout(network));
    const Layout all = all_->layout(network);
    const auto frozen = static_cast<std::ptrdiff_t>(Layout::size(all.frozen));
    Draw whole{{}, {numbers.frozen.begin(), numbers.frozen.begin() + frozen}, numbers.scales};
    const float *learned_at = numbers.learned.data(), *frozen_at = numbers.frozen.data() + frozen;
    for (const Tensor& t : all.learned) {
      const float*& at = learns(t) ? learned_at : frozen_at;
      append(at, t, &whole.learned);
      at += t.size();
    }
    return all_->places(network, whole);
  }

 private:
  bool learns(const Tensor& t) const { return contains(names_, t.name) == (key_ == "learns"); }

  void check_names(const Layout& all) const {
    const std::vector<std::string> known = key_ == "learns" ? names_of(all.learned) : names_of(all);
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (!contains(known, names_[i]))
        throw SchemaError(
            json_path("genome." + key_, i),
            "\"" + names_[i] + "\" is no array that the genome " + (key_ == "learns" ? "learns" : "has") +
                " for this network; allowed: " + list_of(known) + did_you_mean(names_[i], known));
  }

  std::unique_ptr<Genome> all_;
  std::string key_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<Field> inheritance_fields() {
  const Value names = list(text(), 1);
  const Value from = object({
      required("folder", text(),
               "A finished results folder; where it is relative, from the experiment file's folder, or else "
               "from the working directory."),
      maybe("variant", text(), "The variant that it is of; absent: any."),
      maybe("point", anything("an object of paths and values"),
            "The values of swept paths, such as {\"genome.genes\": 22}; absent, of the points that are left "
            "the one whose swept values this point has too."),
      optional("replica", either({integer(0), word({"same"})}), "same",
               "The number of the replica; same: replica r starts from replica r."),
  });
  return {
      maybe("frozen", names, "Arrays that learning does not change, beside those that it never does."),
      maybe("learns", names, "The only arrays that learning changes, instead of frozen."),
      maybe("from", from,
            "Starts from the arrays, frozen ones too, and scales of a run of another results folder, which "
            "has the same arrays."),
      maybe("drawn", names, "With from: arrays that are drawn anew, from the replica's own seed."),
  };
}

std::unique_ptr<Genome> with_frozen(std::unique_ptr<Genome> genome, const Json& json) {
  if (json.contains("drawn") && !json.contains("from"))
    throw SchemaError("genome.drawn",
                      "every array is drawn where the genome starts from no other; give \"from\"");
  if (json.contains("frozen") && json.contains("learns"))
    throw SchemaError("genome.learns", "says again what \"frozen\" says; give one of the two");
  for (const char* key : {"frozen", "learns"})
    if (json.contains(key)) return std::make_unique<Frozen>(std::move(genome), key, json.at(key));
  return genome;
}

namespace {

/// An array's numbers in a draw.
struct Part {
  Tensor tensor;
  float* numbers;
};

std::vector<Part> parts_of(const Layout& layout, Draw* draw) {
  std::vector<Part> parts;
  for (auto [tensors, numbers] :
       {std::pair(&layout.learned, &draw->learned), std::pair(&layout.frozen, &draw->frozen)}) {
    float* at = numbers->data();
    for (const Tensor& t : *tensors) {
      parts.push_back({t, at});
      at += t.size();
    }
  }
  return parts;
}

std::string size_text(const Tensor& t) { return std::to_string(t.rows) + " x " + std::to_string(t.columns); }

void check_bases(const Layout& layout, const Layout& from) {
  require(layout.basis.size() == from.basis.size(), "there are ", from.basis.size(), " bases, and ",
          layout.basis.size(), " here");
  for (std::size_t i = 0; i < layout.basis.size(); ++i)
    if (const std::string there = size_text(from.basis[i]), here = size_text(layout.basis[i]); there != here)
      throw Error("the array \"" + layout.basis[i].name + "\" is " + there + ", and " + here + " here");
}

}  // namespace

Draw inherit(const Layout& layout, Draw own, const Layout& from, const Draw& other,
             const std::vector<std::string>& drawn) {
  check(own, layout);
  check(other, from);
  check_bases(layout, from);
  require(own.scales.size() == other.scales.size(), "there are ", other.scales.size(), " scales, and ",
          own.scales.size(), " here");
  const std::vector<std::string> here = names_of(layout), there = names_of(from);
  for (const std::string& name : there)
    if (!contains(here, name) && !contains(drawn, name))
      throw Error("the array \"" + name + "\" is not here; here are " + list_of(here));
  Draw numbers = other;
  const std::vector<Part> given = parts_of(from, &numbers);
  for (const Part& part : parts_of(layout, &own)) {
    const std::string& name = part.tensor.name;
    if (contains(drawn, name)) continue;
    const auto found =
        std::find_if(given.begin(), given.end(), [&](const Part& p) { return p.tensor.name == name; });
    if (found == given.end())
      throw Error("the array \"" + name + "\" is not there; there are " + list_of(there));
    if (const std::string a = size_text(found->tensor), b = size_text(part.tensor); a != b)
      throw Error("the array \"" + name + "\" is " + a + ", and " + b + " here");
    std::copy(found->numbers, found->numbers + found->tensor.size(), part.numbers);
  }
  own.scales = other.scales;
  return own;
}

}  // namespace innate::engine
