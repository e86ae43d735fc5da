#include "innate/kernels/classifier.h"

#include "kernels/classifier/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"

namespace innate::classifier {

namespace {

constexpr Implementation<void(Context&, const Calls&)> kCrossEntropies[] =
    INNATE_IMPLEMENTATIONS(cross_entropy, "cuda, one replica a block", "cpu, one replica a core");

constexpr Implementation<void(Context&, const Predictions&)> kPredictions[] =
    INNATE_IMPLEMENTATIONS(predict, "cuda, one row a thread", "cpu, one replica a core");

void check(const char* entry, const Shape& shape) {
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require(shape.classes >= 1 && shape.classes <= kMostClasses, entry, ": classes is ", shape.classes,
          ", must be 1 to ", kMostClasses);
}

std::string detail(const Context& context, const Shape& shape) {
  return context.traced() ? "rows " + text(shape.rows) + ", classes " + text(shape.classes) : "";
}

int64_t one(int) { return 1; }

}  // namespace

void cross_entropy(Context& context, const Shape& shape, Ragged<const float> logits,
                   Ragged<const uint8_t> labels, const Outputs& outputs) {
  const char* entry = "classifier/cross_entropy";
  check(entry, shape);
  const int64_t rows = shape.rows, count = rows * shape.classes;
  Views{entry, shape.replicas}
      .in("logits", logits, count)
      .in("labels", labels, rows)
      .maybe_out("outputs.dlogits", outputs.dlogits, count)
      .maybe_out("outputs.loss", outputs.loss, 1)
      .maybe_out("outputs.correct", outputs.correct, 1);
  if (inspecting()) {
    const auto all = [=](int) { return count; };
    const auto row_each = [=](int) { return rows; };
    Inspection(context, entry, shape.replicas)
        .below("labels", labels, row_each, shape.classes)
        .in("logits", logits, all)
        .in("labels", labels, row_each)
        .out("outputs.dlogits", outputs.dlogits, all)
        .out("outputs.loss", outputs.loss, one)
        .out("outputs.correct", outputs.correct, one)
        .may_be("outputs.dlogits", "logits")
        .separate();
  }
  run_first(entry, kCrossEntropies, context, detail(context, shape), Calls{shape, logits, labels, outputs});
}

void predict(Context& context, const Shape& shape, Ragged<const float> logits, Ragged<float> probabilities,
             Ragged<int32_t> predictions) {
  const char* entry = "classifier/predict";
  check(entry, shape);
  const int64_t rows = shape.rows, count = rows * shape.classes;
  Views{entry, shape.replicas}
      .in("logits", logits, count)
      .maybe_out("probabilities", probabilities, count)
      .maybe_out("predictions", predictions, rows);
  if (inspecting())
    Inspection(context, entry, shape.replicas)
        .in("logits", logits, [=](int) { return count; })
        .out("probabilities", probabilities, [=](int) { return count; })
        .out("predictions", predictions, [=](int) { return rows; })
        .may_be("probabilities", "logits")
        .separate();
  run_first(entry, kPredictions, context, detail(context, shape),
            Predictions{shape, logits, probabilities, predictions});
}

}  // namespace innate::classifier
