#include "innate/kernels/expression.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
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

void check_sizes(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  constexpr int64_t kMost = (int64_t{1} << 31) - 1;
  const int64_t neurons = static_cast<int64_t>(s.height) * s.width;
  require(s.genes.most <= kMost && neurons <= kMost && s.channels * s.genes.most <= kMost / neurons, entry,
          ": X of ", s.height, " x ", s.width, " x ", s.channels, " x ", s.genes.most,
          " is larger than 2^31 - 1");
}

/// An entry's beginning: its sizes are checked, and how many elements its arrays have follows from them.
struct Begun {
  Given given;
  Calls call{};
  Elements places, u, v, x;

  Begun(Context& context, const char* entry, const Shape& s)
      : given((check_sizes(entry, s), context), entry, s.replicas),
        places(int64_t{3} * s.channels, &s.genes),
        u(int64_t{s.height} * s.channels, &s.genes),
        v(int64_t{s.width} * s.channels, &s.genes),
        x(int64_t{s.height} * s.width * s.channels, &s.genes) {
    call.shape = s;
    call.shape.genes = given.extents("genes", s.genes);
  }
};

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  const std::string channels = s.channels == 1 ? "" : " x " + text(s.channels);
  return "grid " + text(s.height) + " x " + text(s.width) + channels + ", genes up to " + text(s.genes.most);
}

}  // namespace

void profiles(Context& context, const Shape& shape, Ragged<const float> places, Ragged<float> u,
              Ragged<float> v) {
  Begun b(context, "expression/profiles", shape);
  b.given.in("places", places, b.places).out("u", u, b.u).out("v", v, b.v).separate();
  b.call.places = places, b.call.u = u, b.call.v = v;
  run_first(b.given.entry(), kProfiles, context, detail(context, shape), b.call);
}

void profiles_backward(Context& context, const Shape& shape, Ragged<const float> places,
                       Ragged<const float> u, Ragged<const float> v, Ragged<const float> du,
                       Ragged<const float> dv, Ragged<float> dplaces) {
  Begun b(context, "expression/profiles_backward", shape);
  b.given.in("places", places, b.places)
      .in("u", u, b.u)
      .in("v", v, b.v)
      .in("du", du, b.u)
      .in("dv", dv, b.v)
      .out("dplaces", dplaces, b.places)
      .separate();
  b.call.places = places, b.call.u_in = u, b.call.v_in = v, b.call.du_in = du, b.call.dv_in = dv;
  b.call.dplaces = dplaces;
  run_first(b.given.entry(), kProfilesBackward, context, detail(context, shape), b.call);
}

void expand(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
            Ragged<float> x) {
  Begun b(context, "expression/expand", shape);
  b.given.in("u", u, b.u).in("v", v, b.v).out("x", x, b.x).separate();
  b.call.u_in = u, b.call.v_in = v, b.call.x = x;
  run_first(b.given.entry(), kExpand, context, detail(context, shape), b.call);
}

void expand_backward(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
                     Ragged<const float> dx, Ragged<float> du, Ragged<float> dv) {
  Begun b(context, "expression/expand_backward", shape);
  b.given.in("u", u, b.u).in("v", v, b.v).in("dx", dx, b.x).out("du", du, b.u).out("dv", dv, b.v).separate();
  b.call.u_in = u, b.call.v_in = v, b.call.dx = dx, b.call.du = du, b.call.dv = dv;
  run_first(b.given.entry(), kExpandBackward, context, detail(context, shape), b.call);
}

}  // namespace innate::expression
