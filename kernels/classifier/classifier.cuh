// The classifier, block by block: all rows of one replica.
#pragma once

#include "kernels/classifier/call.h"
#include "kernels/core/each.cuh"
#include "kernels/core/math.h"

namespace innate::classifier {

/// A few lanes of a warp share a row: each takes every `lanes`th class, four at a time, whose exponentials do
/// not wait for each other. With so many lanes that four are enough, none is computed twice. The sum of a row
/// goes from class to class all the same. All lanes of a warp go through a row together, also those whose row
/// does not exist.
class Row {
 public:
  /// How many lanes take a row of so many classes: a power of two.
  static __host__ __device__ __forceinline__ int lanes_for(int classes) {
    int lanes = 1;
    while (lanes < 32 && 4 * lanes < classes) lanes *= 2;
    return lanes;
  }

  __device__ __forceinline__ Row(const float* logits, int classes, int lanes, int thread, bool exists)
      : logits_(logits), classes_(classes), lanes_(lanes), mine_(thread % lanes), exists_(exists) {
    find_top();
    for (int first = 0; first < classes_; first += 4 * lanes_) {
      exponentials(first);
#pragma unroll
      for (int k = 0; k < 4; ++k)
        for (int lane = 0; lane < lanes_ && first + k * lanes_ + lane < classes_; ++lane)
          sum_ += __shfl_sync(0xffffffffu, e_[k], lane, lanes_);
    }
  }

  __device__ __forceinline__ bool leads() const { return exists_ && mine_ == 0; }
  __device__ __forceinline__ float top() const { return top_; }
  __device__ __forceinline__ float sum() const { return sum_; }
  /// Of equal ones the first; -1 where the sum is not a number.
  __device__ __forceinline__ int best() const { return sum_ == sum_ ? best_ : -1; }

  /// out[c] = of(c, e^(logits[c] - top)), where out may be the logits.
  template <class Of>
  __device__ __forceinline__ void write(float* out, const Of& of) {
    for (int first = 0; first < classes_; first += 4 * lanes_) {
      if (classes_ > 4 * lanes_) exponentials(first);
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (const int c = class_of(first, k); has(c)) out[c] = of(c, e_[k]);
    }
  }

 private:
  __device__ __forceinline__ int class_of(int first, int k) const { return first + k * lanes_ + mine_; }
  __device__ __forceinline__ bool has(int c) const { return exists_ && c < classes_; }

  /// Where a logit is not a number neither is the sum, whatever is called the largest here.
  __device__ __forceinline__ void find_top() {
    top_ = has(mine_) ? logits_[mine_] : 0.0f;
    best_ = mine_;
    for (int c = mine_ + lanes_; has(c); c += lanes_)
      if (const float z = logits_[c]; z > top_) top_ = z, best_ = c;
    for (int by = lanes_ / 2; by > 0; by /= 2) {
      const float top = __shfl_xor_sync(0xffffffffu, top_, by);
      const int best = __shfl_xor_sync(0xffffffffu, best_, by);
      if (top > top_ || (top == top_ && best < best_)) top_ = top, best_ = best;
    }
  }
  __device__ __forceinline__ void exponentials(int first) {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const int c = class_of(first, k);
      e_[k] = math::exp((has(c) ? logits_[c] : top_) - top_);
    }
  }

  const float* logits_;
  int classes_, lanes_, mine_;
  bool exists_;
  float top_, sum_ = 0.0f, e_[4];
  int best_;
};

/// All rows in one block. kPartials threads take them, so that a row's lanes are those of the rows that add
/// to the same partial sums.
template <int Threads>
struct CrossEntropy {
  static_assert(Threads >= kPartials);
  static constexpr int kThreads = Threads;
  struct Shared {
    float loss[kPartials];
    int correct[kPartials];
  };

  static __device__ void run(Shared& s, const Call& call, int64_t, int64_t) {
    const int thread = thread_anew(), rows = static_cast<int>(call.rows);
    const float weight = 1.0f / static_cast<float>(rows);
    if (thread < kPartials) {
      const int lanes = Row::lanes_for(static_cast<int>(call.classes));
      for (int b = thread / 32 * (32 / lanes); b < rows; b += kPartials / lanes)
        row(s, call, b + thread % 32 / lanes, lanes, thread, weight);
    }
    __syncthreads();
    if (thread < 32) finish(s, call, rows, thread, weight);
  }

 private:
  static __device__ __forceinline__ void row(Shared& s, const Call& call, int b, int lanes, int thread,
                                             float weight) {
    const int64_t at = b * call.classes;
    Row row(call.logits + at, static_cast<int>(call.classes), lanes, thread, b < call.rows);
    if (row.leads()) {
      const int label = call.labels[b], p = b % kPartials;
      const float own = label < call.classes ? call.logits[at + label] - row.top() : NAN;
      s.loss[p] = (b < kPartials ? 0.0f : s.loss[p]) + (math::log(row.sum()) - own);
      s.correct[p] = (b < kPartials ? 0 : s.correct[p]) + (row.best() == label);
    }
    if (!call.dlogits) return;
    __syncwarp();  // the gradient may take the place of the logits
    const int label = b < call.rows ? call.labels[b] : 0;
    const float factor = weight / row.sum();
    row.write(call.dlogits + at, [&](int c, float e) {
      const float share = e * factor;
      return c == label ? share - weight : share;
    });
  }

  /// Joins partial sums p and p + half, for half = 128, 64, ... 1: up to 32 within a lane, then among lanes.
  template <class T>
  static __device__ __forceinline__ T joined(const T* partial, int rows, int thread) {
    T sum[kPartials / 32];
#pragma unroll
    for (int p = 0; p < kPartials / 32; ++p) {
      const int at = 32 * p + thread;
      sum[p] = at < rows ? partial[at] : T{};
    }
#pragma unroll
    for (int half = kPartials / 64; half > 0; half /= 2)
#pragma unroll
      for (int p = 0; p < half; ++p) sum[p] += sum[p + half];
    for (unsigned half = 16; half > 0; half /= 2) sum[0] += __shfl_down_sync(0xffffffffu, sum[0], half);
    return sum[0];
  }
  static __device__ __forceinline__ void finish(const Shared& s, const Call& call, int rows, int thread,
                                                float weight) {
    const float mean = joined(s.loss, rows, thread) * weight;
    const int correct = joined(s.correct, rows, thread);
    if (thread != 0) return;
    if (call.loss) *call.loss = call.add ? *call.loss + mean : mean;
    if (call.correct) *call.correct = call.add ? *call.correct + correct : correct;
  }
};

}  // namespace innate::classifier
