#include <cstring>

#include "kernels/batch/call.h"
#include "kernels/core/gemm.h"
#include "kernels/core/parallel.h"

namespace innate::batch::cpu {

void gather(Context& context, const Calls& calls) {
  const std::size_t pixels = static_cast<std::size_t>(calls.shape.pixels);
  parallel_for(calls.shape.replicas, context.threads(), [&](int64_t i) {
    const int replica = static_cast<int>(i);
    const Choice choice = calls(replica);
    choice.each_row(0, 1, [&](int64_t b, uint32_t image) {
      std::memcpy(calls.out_images[replica] + static_cast<std::size_t>(b) * pixels,
                  calls.images + image * pixels, pixels);
      choice.out_labels[b] = choice.of_labels[image];
    });
  });
}

void choose(Context& context, const Calls& calls) {
  parallel_for(calls.shape.replicas, context.threads(),
               [&](int64_t i) { calls(static_cast<int>(i)).run(0, 1); });
}

namespace {

/// put(j, i, number), a few columns at a time, so that what is written stays in the nearest cache.
template <class Number, class Put>
void in_columns(const Turn& c, const Number& number, const Put& put) {
  constexpr int64_t kColumns = 16;
  for (int64_t first = 0; first < c.columns; first += kColumns) {
    const int64_t end = smaller(first + kColumns, c.columns);
    for (int64_t i = 0; i < c.rows; ++i)
      for (int64_t j = first; j < end; ++j) put(c.out[j * c.rows + i], number(i, j));
  }
}

/// Pixels that are not listed are 0.
void turn_lists(const Turn& c) {
  for (int64_t j = 0; j < c.columns; ++j)
    for (int64_t i = 0; i < c.rows; ++i) c.out[j * c.rows + i] = c.number(j, 0);
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t e = c.lists.start[c.chosen[i]]; e < c.lists.start[c.chosen[i] + 1]; ++e) {
      const uint32_t entry = c.lists.entries[e];
      c.out[(entry >> 8) * c.rows + i] = c.number(entry >> 8, entry & 255);
    }
}

}  // namespace

void turn(const Turn& c) {
  const auto set = [](float& to, float value) { to = value; };
  if (!c.in && c.lists.start) return turn_lists(c);
  if (!c.in)
    return in_columns(
        c, [&](int64_t i, int64_t j) { return c.number(j, c.pixels[c.chosen[i] * c.columns + j]); }, set);
  if (!c.add) return gemm::transpose(c.in, c.rows, c.columns, c.out);
  in_columns(
      c, [&](int64_t i, int64_t j) { return c.in[i * c.columns + j]; },
      [](float& to, float value) { to += value; });
}

}  // namespace innate::batch::cpu
