#include "innate/kernels/field.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/field/call.h"

namespace innate::field {

namespace {

using Run = void(Context&, const Calls&);
[[maybe_unused]] constexpr const char* kCuda = "cuda, tiles of 4 x 4 a thread";
constexpr const char* kCpu = "cpu, place by place";
constexpr Implementation<Run> kWeights[] = INNATE_IMPLEMENTATIONS(weights, kCuda, kCpu);
constexpr Implementation<Run> kOutputs[] = INNATE_IMPLEMENTATIONS(outputs, kCuda, kCpu);
constexpr Implementation<Run> kInputs[] = INNATE_IMPLEMENTATIONS(inputs, kCuda, kCpu);

/// An entry's beginning: what it is given is checked, and noted.
struct Begun {
  Given given;
  Calls calls{};
  int64_t t, u, m;

  Begun(Context& context, const char* entry, const Shape& s)
      : given((check(entry, s.geometry), require_positive(entry, "replicas", s.replicas),
               require_positive(entry, "columns", s.columns), context),
              entry, s.replicas),
        t(s.geometry.in_neurons() * s.columns),
        u(s.geometry.out_neurons() * s.columns),
        m((s.shared ? 1 : s.geometry.places()) * s.geometry.weights() * s.geometry.outputs) {
    calls.shape = s;
  }
  void run(const Implementation<Run> (&list)[std::size(kWeights)]) {
    const Geometry& g = calls.shape.geometry;
    run_first(given.entry(), list, given.context(),
              given.context().traced()
                  ? "map " + text(g.height) + " x " + text(g.width) + " x " + text(g.channels) +
                        ", fields of " + text(g.size) + ", " + text(g.outputs) + " channels, " +
                        text(calls.shape.columns) + " columns"
                  : "",
              calls);
  }
};

Ragged<float> writable(const Ragged<const float>& view) {
  return {const_cast<float*>(view.data), view.stride, view.offset};
}

}  // namespace

void check(const char* entry, const Geometry& g) {
  require_positive(entry, "height", g.height);
  require_positive(entry, "width", g.width);
  require_positive(entry, "channels", g.channels);
  require_positive(entry, "size", g.size);
  require_positive(entry, "stride", g.stride);
  require_positive(entry, "outputs", g.outputs);
  require(g.padding >= 0, entry, ": padding is ", g.padding, ", must be at least 0");
  require(g.size <= int64_t{g.height} + 2 * int64_t{g.padding} &&
              g.size <= int64_t{g.width} + 2 * int64_t{g.padding},
          entry, ": fields of ", g.size, " x ", g.size, " are larger than the map of ", g.height, " x ",
          g.width, " with its padding of ", g.padding);
}

void weights(Context& context, const Shape& shape, Ragged<const float> t, Ragged<const float> u,
             Ragged<const float> scale, Ragged<float> m, Ragged<float> sums) {
  require(!shape.shared, "field/weights: weights that places share are the sum of each place's; sum them");
  Begun b(context, "field/weights", shape);
  b.given.in("t", t, b.t)
      .in("u", u, b.u)
      .maybe_in("scale", scale, 1)
      .out("m", m, b.m)
      .maybe_out("sums", sums, shape.geometry.out_neurons())
      .separate();
  b.calls.t = writable(t), b.calls.u = writable(u), b.calls.scale = scale, b.calls.m = m, b.calls.sums = sums;
  b.run(kWeights);
}

void outputs(Context& context, const Shape& shape, Ragged<const float> m, Ragged<const float> t,
             Ragged<const float> scale, Ragged<const float> bias, Ragged<float> u) {
  Begun b(context, "field/outputs", shape);
  b.given.in("m", m, b.m)
      .in("t", t, b.t)
      .maybe_in("scale", scale, 1)
      .maybe_in("bias", bias, shape.each_bias ? shape.geometry.out_neurons() : shape.geometry.outputs)
      .out("u", u, b.u)
      .separate();
  b.calls.m = writable(m), b.calls.t = writable(t), b.calls.scale = scale, b.calls.bias = bias, b.calls.u = u;
  b.run(kOutputs);
}

void inputs(Context& context, const Shape& shape, Ragged<const float> m, Ragged<const float> u,
            Ragged<const float> scale, Ragged<float> t) {
  Begun b(context, "field/inputs", shape);
  b.given.in("m", m, b.m).in("u", u, b.u).maybe_in("scale", scale, 1).out("t", t, b.t).separate();
  b.calls.m = writable(m), b.calls.u = writable(u), b.calls.scale = scale, b.calls.t = t;
  b.run(kInputs);
}

}  // namespace innate::field
