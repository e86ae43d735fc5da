#include "innate/kernels/activation.h"

#include "kernels/activation/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"

namespace innate::activation {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kForward[] =
    INNATE_IMPLEMENTATIONS(forward, "cuda, one number a thread", "cpu, 16 numbers at once");
constexpr Implementation<Run> kBackward[] =
    INNATE_IMPLEMENTATIONS(backward, "cuda, one number a thread", "cpu, 16 numbers at once");

void check(const char* entry, const Shape& shape) {
  const int function = static_cast<int>(shape.function);
  require_positive(entry, "replicas", shape.replicas);
  require(function >= 0 && function <= static_cast<int>(Function::sigmoid), entry, ": there is no function ",
          function, "; use one of enum Function");
}

}  // namespace

const char* name(Function function) {
  switch (function) {
    case Function::none: return "none";
    case Function::relu: return "relu";
    case Function::tanh: return "tanh";
    case Function::sigmoid: return "sigmoid";
  }
  return "?";
}

void forward(Context& context, const Shape& shape, Ragged<float> y) {
  const char* entry = "activation/forward";
  check(entry, shape);
  Given given(context, entry, shape.replicas);
  Calls calls{shape, y, {}};
  calls.shape.elements = given.extents("elements", shape.elements);
  given.out("y", y, Elements(1, &shape.elements)).separate();
  run_first(entry, kForward, context, "", calls);
}

void backward(Context& context, const Shape& shape, Ragged<const float> y, Ragged<float> dy) {
  const char* entry = "activation/backward";
  check(entry, shape);
  Given given(context, entry, shape.replicas);
  Calls calls{shape, {const_cast<float*>(y.data), y.stride, y.offset}, dy};
  calls.shape.elements = given.extents("elements", shape.elements);
  const Elements count(1, &shape.elements);
  given.in("y", y, count).out("dy", dy, count).separate();
  run_first(entry, kBackward, context, "", calls);
}

}  // namespace innate::activation
