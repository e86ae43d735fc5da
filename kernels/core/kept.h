// What forwards with training left in workspaces: noted in the context, so that a backward that would read
// something else is an Error and not a wrong number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "innate/kernels/context.h"
#include "kernels/core/check.h"

namespace innate {

/// What a forward left, or what a backward expects.
struct Kept {
  const char* room;  // "apply"
  const void* workspace;
  std::size_t bytes;
  int64_t replicas, rows, inputs, outputs, extent;  // extent: the most of
  const char* extent_name;                          // "genes"
  uint64_t rest;                                    // of the shape: a hash
  uint64_t number = 0, content = 0;                 // content: a hash, with INNATE_CHECK
};

/// A hash of extents and of what else the layout of a workspace follows from.
uint64_t hash_of(const Extents& extents, int replicas, double density, bool flag);

/// The workspaces of a context that hold something. There are few. Buffers of the context may be freed by
/// other threads than the one that it serves.
class Workspaces {
 public:
  /// Whoever writes to [begin, begin + bytes) says so.
  void overwrite(const void* begin, std::size_t bytes);
  Token keep(Kept kept);
  /// Takes what `wanted` asks for out. `entry`: the backward's, for what is wrong. content: of the workspace
  /// now; 0: not known.
  void take(const char* entry, const Kept& wanted, Token token, uint64_t content);

 private:
  std::mutex mutex_;
  std::vector<Kept> all_;
  uint64_t last_ = 0;
};

/// What the implementation may see of a context.
struct Inside {
  static Workspaces& workspaces(const Context& context);
};

/// A hash of bytes of the context's memory, with INNATE_CHECK; else 0.
uint64_t content_of(Context& context, const void* begin, std::size_t bytes);

inline Token keep(Context& context, Kept kept) {
  kept.content = content_of(context, kept.workspace, kept.bytes);
  return Inside::workspaces(context).keep(kept);
}
inline void take(Context& context, const char* entry, const Kept& wanted, Token token) {
  Inside::workspaces(context).take(entry, wanted, token, content_of(context, wanted.workspace, wanted.bytes));
}

}  // namespace innate
