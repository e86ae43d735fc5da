#include "innate/kernels/classifier.h"

#include "kernels/classifier/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"

namespace innate::classifier {

namespace {

constexpr Implementation<void(Context&, const Calls&)> kCrossEntropies[] =
    INNATE_IMPLEMENTATIONS(cross_entropy, "cuda, one replica a block", "cpu, one replica a core");

constexpr Implementation<void(Context&, const Predictions&)> kPredictions[] =
    INNATE_IMPLEMENTATIONS(predict, "cuda, a few lanes a row", "cpu, one replica a core");

void check(const char* entry, const Shape& shape) {
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require(shape.classes >= 1 && shape.classes <= kMostClasses, entry, ": classes is ", shape.classes,
          ", must be 1 to ", kMostClasses);
}

std::string detail(const Context& context, const Shape& shape) {
  return context.traced() ? "rows " + text(shape.rows) + ", classes " + text(shape.classes) : "";
}

}  // namespace

void cross_entropy(Context& context, const Shape& shape, Ragged<const float> logits,
                   Ragged<const uint8_t> labels, const Outputs& outputs) {
  const char* entry = "classifier/cross_entropy";
  check(entry, shape);
  const int64_t rows = shape.rows, count = rows * shape.classes;
  Given(context, entry, shape.replicas)
      .in("logits", logits, count)
      .in("labels", labels, rows)
      .below("labels", labels, rows, shape.classes)
      .maybe_out("outputs.dlogits", outputs.dlogits, count)
      .maybe_out("outputs.loss", outputs.loss, 1)
      .maybe_out("outputs.correct", outputs.correct, 1)
      .separate("outputs.dlogits", "logits");
  run_first(entry, kCrossEntropies, context, detail(context, shape), Calls{shape, logits, labels, outputs});
}

void predict(Context& context, const Shape& shape, Ragged<const float> logits, Ragged<float> probabilities,
             Ragged<int32_t> predictions) {
  const char* entry = "classifier/predict";
  check(entry, shape);
  const int64_t rows = shape.rows, count = rows * shape.classes;
  Given(context, entry, shape.replicas)
      .in("logits", logits, count)
      .maybe_out("probabilities", probabilities, count)
      .maybe_out("predictions", predictions, rows)
      .separate("probabilities", "logits");
  run_first(entry, kPredictions, context, detail(context, shape),
            Predictions{shape, logits, probabilities, predictions});
}

}  // namespace innate::classifier
