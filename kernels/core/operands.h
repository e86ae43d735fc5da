// The pointers of a call, as whoever moves, orders or counts what calls work on sees them. A room says for
// its call, in `operands(call, visit)`, of each pointer what lies there and what happens to it:
//
//   visit.in(pointer, count, times)   count elements are read, each about `times` times
//   visit.out(pointer, count)         are written
//   visit.both(pointer, count)        are read and written
//
// A null pointer stands for an operand that is not there. What lies in a data set that all replicas share is
// not an operand.
#pragma once

#include <cstdint>

#include "innate/kernels/view.h"

namespace innate {

INNATE_HD int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
INNATE_HD int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/// What a call does, per replica: multiply-adds and bytes that it moves at least.
struct Cost {
  double operations = 0, bytes = 0;
};

namespace views {

/// A replica's array; `sizes`: only whether there is one, since the view's offsets lie elsewhere.
template <class T>
INNATE_HD T* of(const Ragged<T>& view, int replica, bool sizes) {
  if (!view) return nullptr;
  return sizes ? reinterpret_cast<T*>(uintptr_t{256}) : view[replica];
}
template <class T>
INNATE_HD T* of(T* one_each, int replica, bool sizes) {
  if (!one_each) return nullptr;
  return sizes ? one_each : one_each + replica;
}

}  // namespace views

}  // namespace innate
