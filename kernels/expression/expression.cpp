#include "innate/kernels/expression.h"

#include "kernels/core/choose.h"
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

void check(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  require_extents(entry, "genes", s.genes, s.replicas);
  const int64_t neurons = static_cast<int64_t>(s.height) * s.width, columns = s.channels * s.genes.most;
  require(columns <= ((int64_t{1} << 31) - 1) / neurons, entry, ": X of ", s.height, " x ", s.width, " x ",
          s.channels, " x ", s.genes.most, " is larger than 2^31 - 1");
}

std::string detail(const Context& context, const Shape& s) {
  if (!context.traced()) return "";
  const std::string channels = s.channels == 1 ? "" : " x " + text(s.channels);
  return "grid " + text(s.height) + " x " + text(s.width) + channels + ", genes up to " + text(s.genes.most);
}

}  // namespace

void profiles(Context& context, const Shape& shape, Ragged<const float> places, Ragged<float> u,
              Ragged<float> v) {
  check("expression/profiles", shape);
  require(places && u && v, "expression/profiles: places, u or v is null");
  Calls call{};
  call.shape = shape, call.places = places, call.u = u, call.v = v;
  run_first("expression/profiles", kProfiles, context, detail(context, shape), call);
}

void profiles_backward(Context& context, const Shape& shape, Ragged<const float> places,
                       Ragged<const float> u, Ragged<const float> v, Ragged<const float> du,
                       Ragged<const float> dv, Ragged<float> dplaces) {
  check("expression/profiles_backward", shape);
  require(places && u && v && du && dv && dplaces, "expression/profiles_backward: a pointer is null");
  Calls call{};
  call.shape = shape, call.places = places, call.u_in = u, call.v_in = v, call.du_in = du, call.dv_in = dv;
  call.dplaces = dplaces;
  run_first("expression/profiles_backward", kProfilesBackward, context, detail(context, shape), call);
}

void expand(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
            Ragged<float> x) {
  check("expression/expand", shape);
  require(u && v && x, "expression/expand: u, v or x is null");
  Calls call{};
  call.shape = shape, call.u_in = u, call.v_in = v, call.x = x;
  run_first("expression/expand", kExpand, context, detail(context, shape), call);
}

void expand_backward(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
                     Ragged<const float> dx, Ragged<float> du, Ragged<float> dv) {
  check("expression/expand_backward", shape);
  require(u && v && dx && du && dv, "expression/expand_backward: a pointer is null");
  Calls call{};
  call.shape = shape, call.u_in = u, call.v_in = v, call.dx = dx, call.du = du, call.dv = dv;
  run_first("expression/expand_backward", kExpandBackward, context, detail(context, shape), call);
}

}  // namespace innate::expression
