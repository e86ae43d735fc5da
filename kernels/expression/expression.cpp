#include "innate/kernels/expression.h"

#include "kernels/core/choose.h"
#include "kernels/core/inspect.h"
#include "kernels/expression/call.h"

namespace innate::expression {

namespace {

using Run = void(Context&, const Calls&);
[[maybe_unused]] constexpr const char* kCuda = "cuda, one replica a block";
constexpr const char* kCpu = "cpu, 16 genes at once";
constexpr Implementation<Run> kProfiles[] = INNATE_IMPLEMENTATIONS(profiles, kCuda, kCpu);
constexpr Implementation<Run> kProfilesBackward[] = INNATE_IMPLEMENTATIONS(profiles_backward, kCuda, kCpu);
constexpr Implementation<Run> kExpand[] = INNATE_IMPLEMENTATIONS(expand, kCuda, kCpu);
constexpr Implementation<Run> kExpandBackward[] = INNATE_IMPLEMENTATIONS(expand_backward, kCuda, kCpu);

Calls call_of(const Context& context, const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  Calls call{};
  call.shape = s;
  call.shape.genes = require_extents(context, entry, "genes", s.genes, s.replicas);
  constexpr int64_t kMost = (int64_t{1} << 31) - 1;
  const int64_t neurons = static_cast<int64_t>(s.height) * s.width;
  require(s.genes.most <= kMost && neurons <= kMost && s.channels * s.genes.most <= kMost / neurons, entry,
          ": X of ", s.height, " x ", s.width, " x ", s.channels, " x ", s.genes.most,
          " is larger than 2^31 - 1");
  return call;
}

/// Elements of places, u, v and X: of a replica that another follows, and of replica r.
struct Sizes {
  const Shape& s;
  int64_t columns = s.channels * largest_followed(s.genes, s.replicas);
  int64_t places = 3 * columns, u = s.height * columns, v = s.width * columns, x = s.height * v;

  auto of(int64_t neurons) const {
    return [this, neurons](int r) { return neurons * s.channels * s.genes.of(r); };
  }
  auto places_of() const { return of(3); }
  auto u_of() const { return of(s.height); }
  auto v_of() const { return of(s.width); }
  auto x_of() const { return of(int64_t{s.height} * s.width); }
};

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  const std::string channels = s.channels == 1 ? "" : " x " + text(s.channels);
  return "grid " + text(s.height) + " x " + text(s.width) + channels + ", genes up to " + text(s.genes.most);
}

}  // namespace

void profiles(Context& context, const Shape& shape, Ragged<const float> places, Ragged<float> u,
              Ragged<float> v) {
  const char* entry = "expression/profiles";
  Calls call = call_of(context, entry, shape);
  const Sizes n{shape};
  Views{entry, shape.replicas}.in("places", places, n.places).out("u", u, n.u).out("v", v, n.v);
  if (inspecting())
    Inspection(context, entry, shape.replicas)
        .extents("genes", call.shape.genes)
        .in("places", places, n.places_of())
        .out("u", u, n.u_of())
        .out("v", v, n.v_of())
        .separate();
  call.places = places, call.u = u, call.v = v;
  run_first(entry, kProfiles, context, detail(context, shape), call);
}

void profiles_backward(Context& context, const Shape& shape, Ragged<const float> places,
                       Ragged<const float> u, Ragged<const float> v, Ragged<const float> du,
                       Ragged<const float> dv, Ragged<float> dplaces) {
  const char* entry = "expression/profiles_backward";
  Calls call = call_of(context, entry, shape);
  const Sizes n{shape};
  Views{entry, shape.replicas}
      .in("places", places, n.places)
      .in("u", u, n.u)
      .in("v", v, n.v)
      .in("du", du, n.u)
      .in("dv", dv, n.v)
      .out("dplaces", dplaces, n.places);
  if (inspecting())
    Inspection(context, entry, shape.replicas)
        .extents("genes", call.shape.genes)
        .in("places", places, n.places_of())
        .in("u", u, n.u_of())
        .in("v", v, n.v_of())
        .in("du", du, n.u_of())
        .in("dv", dv, n.v_of())
        .out("dplaces", dplaces, n.places_of())
        .separate();
  call.places = places, call.u_in = u, call.v_in = v, call.du_in = du, call.dv_in = dv;
  call.dplaces = dplaces;
  run_first(entry, kProfilesBackward, context, detail(context, shape), call);
}

void expand(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
            Ragged<float> x) {
  const char* entry = "expression/expand";
  Calls call = call_of(context, entry, shape);
  const Sizes n{shape};
  Views{entry, shape.replicas}.in("u", u, n.u).in("v", v, n.v).out("x", x, n.x);
  if (inspecting())
    Inspection(context, entry, shape.replicas)
        .extents("genes", call.shape.genes)
        .in("u", u, n.u_of())
        .in("v", v, n.v_of())
        .out("x", x, n.x_of())
        .separate();
  call.u_in = u, call.v_in = v, call.x = x;
  run_first(entry, kExpand, context, detail(context, shape), call);
}

void expand_backward(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
                     Ragged<const float> dx, Ragged<float> du, Ragged<float> dv) {
  const char* entry = "expression/expand_backward";
  Calls call = call_of(context, entry, shape);
  const Sizes n{shape};
  Views{entry, shape.replicas}
      .in("u", u, n.u)
      .in("v", v, n.v)
      .in("dx", dx, n.x)
      .out("du", du, n.u)
      .out("dv", dv, n.v);
  if (inspecting())
    Inspection(context, entry, shape.replicas)
        .extents("genes", call.shape.genes)
        .in("u", u, n.u_of())
        .in("v", v, n.v_of())
        .in("dx", dx, n.x_of())
        .out("du", du, n.u_of())
        .out("dv", dv, n.v_of())
        .separate();
  call.u_in = u, call.v_in = v, call.dx = dx, call.du = du, call.dv = dv;
  run_first(entry, kExpandBackward, context, detail(context, shape), call);
}

}  // namespace innate::expression
