#include "kernels/core/kept.h"

#include <cstring>

#include "innate/kernels/random.h"
#include "kernels/core/given.h"

namespace innate {

namespace {

bool overlap(const Kept& kept, const void* begin, std::size_t bytes) {
  const auto a = reinterpret_cast<std::uintptr_t>(kept.workspace),
             b = reinterpret_cast<std::uintptr_t>(begin);
  return a < b + bytes && b < a + kept.bytes;
}

void require_same(const char* entry, const char* what, int64_t now, int64_t then) {
  require(now == then, entry, ": ", what, " is ", now, ", but was ", then,
          " in the forward whose work the workspace holds; both take the same shape");
}

}  // namespace

uint64_t hash_of(const Extents& extents, int replicas, double density, bool flag) {
  uint64_t bits = 0;
  std::memcpy(&bits, &density, sizeof bits);
  uint64_t hash = random::mix(bits + (flag ? 1 : 0));
  for (int r = 0; extents.host && r < replicas; ++r)
    hash = random::mix(hash ^ static_cast<uint64_t>(extents.host[r]));
  return hash;
}

uint64_t content_of(Context& context, const void* begin, std::size_t bytes) {
  if (!inspecting()) return 0;
  std::vector<uint64_t> words((bytes + 7) / 8);
  context.download(words.data(), begin, bytes);
  uint64_t hash = 1;
  for (const uint64_t word : words) hash = random::mix(hash ^ word);
  return hash | 1;
}

void Workspaces::overwrite(const void* begin, std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (std::size_t i = 0; i < all_.size();)
    if (overlap(all_[i], begin, bytes))
      all_[i] = all_.back(), all_.pop_back();
    else
      ++i;
}

Token Workspaces::keep(Kept kept) {
  const std::lock_guard<std::mutex> lock(mutex_);
  kept.number = ++last_;
  all_.push_back(kept);
  return {last_};
}

void Workspaces::take(const char* entry, const Kept& wanted, Token token, uint64_t content) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t i = 0;
  while (i < all_.size() && all_[i].workspace != wanted.workspace) ++i;
  require(
      i < all_.size(), entry, ": the workspace does not hold what ", wanted.room,
      "/forward leaves there: call it on this context and workspace, with training, before each backward; "
      "no other call may write to the workspace in between");
  const Kept kept = all_[i];
  require(std::strcmp(kept.room, wanted.room) == 0, entry, ": the workspace holds what ", kept.room,
          "/forward left, not ", wanted.room, "/forward");
  require(token.number == 0 || token.number == kept.number, entry, ": the token is of forward number ",
          token.number, ", but forward number ", kept.number, " has used the workspace since");
  require_same(entry, "replicas", wanted.replicas, kept.replicas);
  require_same(entry, "rows", wanted.rows, kept.rows);
  require_same(entry, "inputs", wanted.inputs, kept.inputs);
  require_same(entry, "outputs", wanted.outputs, kept.outputs);
  require_same(entry, kept.extent_name, wanted.extent, kept.extent);
  require(wanted.rest == kept.rest, entry,
          ": the shape (an extent of a replica, density, or whether R is stored) is not that of the forward "
          "whose work the workspace holds");
  require(content == 0 || content == kept.content, entry, ": INNATE_CHECK: the ", kept.bytes,
          " bytes of the workspace have changed since forward left its work there");
  all_[i] = all_.back();
  all_.pop_back();
}

}  // namespace innate
