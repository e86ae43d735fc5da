#include "innate/kernels/classifier.h"

#include "kernels/classifier/call.h"
#include "kernels/core/choose.h"

namespace innate::classifier {

namespace {

constexpr Implementation<void(Context&, const Calls&)> kCrossEntropies[] =
    INNATE_IMPLEMENTATIONS(cross_entropy, "cuda, one replica a block", "cpu, one replica a core");

}  // namespace

void cross_entropy(Context& context, const Shape& shape, Ragged<const float> logits,
                   Ragged<const uint8_t> labels, const Outputs& outputs) {
  const char* entry = "classifier/cross_entropy";
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require(shape.classes >= 1 && shape.classes <= kMostClasses, entry, ": classes is ", shape.classes,
          ", must be 1 to ", kMostClasses);
  require(logits && labels, entry, ": logits or labels is null");
  run_first(entry, kCrossEntropies, context,
            context.traced() ? "rows " + text(shape.rows) + ", classes " + text(shape.classes) : "",
            Calls{shape, logits, labels, outputs});
}

}  // namespace innate::classifier
