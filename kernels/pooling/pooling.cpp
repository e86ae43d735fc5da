#include "innate/kernels/pooling.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/pooling/call.h"

namespace innate::pooling {

namespace {

using Run = void(Context&, const Calls&);
[[maybe_unused]] constexpr const char* kCuda = "cuda, one window of a column a thread";
constexpr const char* kCpu = "cpu, 16 columns at once";
constexpr Implementation<Run> kForward[] = INNATE_IMPLEMENTATIONS(forward, kCuda, kCpu);
constexpr Implementation<Run> kBackward[] = INNATE_IMPLEMENTATIONS(backward, kCuda, kCpu);

void check(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  require_positive(entry, "columns", s.columns.most);
  const Window& w = s.window;
  require_positive(entry, "window.height", w.height);
  require_positive(entry, "window.width", w.width);
  require(w.height <= s.height && w.width <= s.width, entry, ": a window of ", w.height, " x ", w.width,
          " (window.height, window.width) does not fit on a map of ", s.height, " x ", s.width);
  require(w.height <= kMostOfWindow / w.width, entry, ": a window of ", w.height, " x ", w.width,
          " has more than 2^24 numbers");
  const int function = static_cast<int>(w.function);
  require(function >= 0 && function <= static_cast<int>(Function::max), entry, ": there is no function ",
          function, "; use one of enum Function");
  constexpr int64_t kMost = (int64_t{1} << 31) - 1;
  const int64_t pixels = static_cast<int64_t>(s.height) * s.width;
  require(s.columns.most <= kMost && pixels <= kMost && s.channels * s.columns.most <= kMost / pixels, entry,
          ": a map of ", s.height, " x ", s.width, " x ", s.channels, " x ", s.columns.most,
          " is larger than 2^31 - 1");
}

/// An entry's beginning: its sizes are checked, and how many elements its arrays have follows from them.
struct Begun {
  Given given;
  Calls calls{};
  Elements in, out;

  Begun(Context& context, const char* entry, const Shape& s)
      : given(begin(context, entry, s, check)),
        in(int64_t{s.height} * s.width * s.channels, &s.columns),
        out(int64_t{s.height / s.window.height} * (s.width / s.window.width) * s.channels, &s.columns) {
    calls.shape = s;
    calls.shape.columns = given.extents("columns", s.columns);
  }
};

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  return text(name(s.window.function)) + " of " + text(s.window.height) + " x " + text(s.window.width) +
         ", map " + text(s.height) + " x " + text(s.width) + " x " + text(s.channels) + ", columns up to " +
         text(s.columns.most);
}

}  // namespace

const char* name(Function function) {
  switch (function) {
    case Function::average: return "average";
    case Function::max: return "max";
  }
  return "?";
}

void forward(Context& context, const Shape& shape, Ragged<const float> in, Ragged<float> out) {
  Begun b(context, "pooling/forward", shape);
  b.given.in("in", in, b.in).out("out", out, b.out).separate();
  b.calls.in = in, b.calls.out = out;
  run_first(b.given.entry(), kForward, context, detail(context, shape), b.calls);
}

void backward(Context& context, const Shape& shape, Ragged<const float> in, Ragged<const float> dout,
              Ragged<float> din, bool add) {
  Begun b(context, "pooling/backward", shape);
  const bool looks = shape.window.function == Function::max;
  if (looks) b.given.in("in", in, b.in);
  b.given.in("dout", dout, b.out).out("din", din, b.in).separate();
  b.calls.dout = dout, b.calls.din = din, b.calls.add = add;
  if (looks) b.calls.in = in;
  run_first(b.given.entry(), kBackward, context, detail(context, shape), b.calls);
}

}  // namespace innate::pooling
