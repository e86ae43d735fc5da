#include "innate/kernels/identities.h"

#include "kernels/core/choose.h"
#include "kernels/core/given.h"
#include "kernels/expression/identities_call.h"

namespace innate::expression {

namespace {

using Run = void(Context&, const IdentityCalls&);
[[maybe_unused]] constexpr const char* kCuda = "cuda, 16 genes a block, rows side by side";
constexpr const char* kCpu = "cpu, 16 genes at once";
constexpr Implementation<Run> kForward[] = INNATE_IMPLEMENTATIONS(identities, kCuda, kCpu);
constexpr Implementation<Run> kBackward[] = INNATE_IMPLEMENTATIONS(identities_backward, kCuda, kCpu);

void check(const char* entry, const IdentityShape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  require_positive(entry, "genes", s.genes.most);
  require(s.axes == 3 || (s.axes == 2 && s.channels == 1), entry, ": axes is ", s.axes, " of a grid of ",
          s.height, " x ", s.width, " x ", s.channels, ", must be 3", s.channels == 1 ? " or 2" : "");
  const int profile = static_cast<int>(s.profile);
  require(profile >= 0 && profile <= static_cast<int>(Profile::gaussian), entry, ": there is no profile ",
          profile, "; use one of enum Profile");
  constexpr int64_t kMost = (int64_t{1} << 31) - 1;
  const int64_t neurons = static_cast<int64_t>(s.height) * s.width;
  require(s.genes.most <= kMost && neurons <= kMost && s.channels * s.genes.most <= kMost / neurons, entry,
          ": X of ", s.height, " x ", s.width, " x ", s.channels, " x ", s.genes.most,
          " is larger than 2^31 - 1");
}

/// An entry's beginning: its sizes are checked, and how many elements its arrays have follows from them.
struct Begun {
  Given given;
  IdentityCalls calls{};
  Elements places, x;

  Begun(Context& context, const char* entry, const IdentityShape& s)
      : given(begin(context, entry, s, check)),
        places(2 * s.axes, &s.genes),
        x(int64_t{s.height} * s.width * s.channels, &s.genes) {
    calls.shape = s;
    calls.shape.genes = given.extents("genes", s.genes);
    calls.share = share_of_one(x.number);
  }
};

std::string detail(const Context& context, const IdentityShape& s) {
  if (!context.traced()) return "";
  return text(name(s.profile)) + (s.centred ? ", centred" : "") + ", grid " + text(s.height) + " x " +
         text(s.width) + " x " + text(s.channels) + ", genes up to " + text(s.genes.most);
}

}  // namespace

const char* name(Profile profile) {
  switch (profile) {
    case Profile::ridge: return "ridge";
    case Profile::bump: return "bump";
    case Profile::gaussian: return "gaussian";
  }
  return "?";
}

void identities(Context& context, const IdentityShape& shape, Ragged<const float> places, Ragged<float> x) {
  Begun b(context, "expression/identities", shape);
  b.given.in("places", places, b.places).out("x", x, b.x).separate();
  b.calls.places = places, b.calls.x = x;
  run_first(b.given.entry(), kForward, context, detail(context, shape), b.calls);
}

void identities_backward(Context& context, const IdentityShape& shape, Ragged<const float> places,
                         Ragged<const float> dx, Ragged<float> dplaces, bool add) {
  Begun b(context, "expression/identities_backward", shape);
  b.given.in("places", places, b.places).in("dx", dx, b.x).out("dplaces", dplaces, b.places).separate();
  b.calls.places = places, b.calls.dx = dx, b.calls.dplaces = dplaces, b.calls.add = add;
  run_first(b.given.entry(), kBackward, context, detail(context, shape), b.calls);
}

}  // namespace innate::expression
