// Identities, block by block: 16 genes of one replica, whose rows go to the block's threads side by side.
// (With 28 rows and 150 genes ten blocks are busy for each replica, and a thread has one row: chains are as
// short as the contract's sums let them be.) Values are worked out twice, before and after their mean is
// known, which takes less time than to write and read them.
#pragma once

#include "kernels/core/each.cuh"
#include "kernels/core/math.h"
#include "kernels/expression/identities_call.h"

namespace innate::expression {

namespace formulas {
using math::exp;
using math::fma;
using math::less;
using math::select;
#define INNATE_FORMULA INNATE_HD
#include "kernels/expression/identities.inc"
#undef INNATE_FORMULA
}  // namespace formulas

template <Profile profile>
struct OfProfile {
  static constexpr Profile value = profile;
};

/// f(OfProfile<the call's>).
template <class F>
__device__ __forceinline__ void with_profile(Profile profile, F&& f) {
  if (profile == Profile::ridge) return f(OfProfile<Profile::ridge>{});
  if (profile == Profile::bump) return f(OfProfile<Profile::bump>{});
  f(OfProfile<Profile::gaussian>{});
}

/// What forward and backward share: a thread's place in the block, and the grid.
template <int Threads>
struct IdentityBlock {
  static constexpr int kGenes = 16, kRows = Threads / kGenes, kChannels = 64;

  /// Coordinates of channels, each asked for once a pixel of the grid: divided once, as far as there is room.
  struct Channels {
    float at[kChannels];
    __device__ void set(int count) {
      for (int c = static_cast<int>(threadIdx.x); c < count && c < kChannels; c += Threads)
        at[c] = coordinate(c, count);
    }
    __device__ __forceinline__ float of(int c, int count) const {
      return c < kChannels ? at[c] : coordinate(c, count);
    }
  };

  /// Threads without a gene do what the last gene's do, and write nothing.
  __device__ IdentityBlock(const IdentityCall& call, int64_t first_gene)
      : lane(static_cast<int>(threadIdx.x) % kGenes), slot(static_cast<int>(threadIdx.x) / kGenes) {
    exists = first_gene + lane < call.genes;
    gene = exists ? first_gene + lane : call.genes - 1;
    for (int a = 0; a < 3; ++a) {
      const float* mu = call.places + a * call.genes + gene;
      place.mu[a] = a < call.axes ? *mu : 0.0f;
      place.sigma[a] = a < call.axes ? mu[call.axes * call.genes] : 0.0f;
    }
  }

  /// Of the first neuron of a row, in X.
  __device__ int64_t row_begin(const IdentityCall& call, int h) const {
    return static_cast<int64_t>(h) * call.width * call.channels * call.genes + gene;
  }

  /// each(d_w, d_c, s, i) for the neurons of row h, the thread's gene in number i of X.
  template <Profile profile, class Each>
  __device__ __forceinline__ void neurons(const IdentityCall& call, const Channels& channels, int h,
                                          const Each& each) const {
    int64_t i = row_begin(call, h);
    const float of_row =
        formulas::with_axis<profile>(0.0f, coordinate(h, call.height) - place.mu[0], place.sigma[0]);
#pragma unroll 1
    for (int w = 0; w < call.width; ++w) {
      const float dw = coordinate(w, call.width) - place.mu[1];
      const float of_pixel = formulas::with_axis<profile>(of_row, dw, place.sigma[1]);
#pragma unroll 2
      for (int c = 0; c < call.channels; ++c, i += call.genes) {
        const float dc = channels.of(c, call.channels) - place.mu[2];
        each(dw, dc, formulas::with_axis<profile>(of_pixel, dc, place.sigma[2]), i);
      }
    }
  }

  /// The sum of row_sum(h) over all rows, in every thread.
  template <class RowSum>
  __device__ __forceinline__ float over_rows(const IdentityCall& call, float (&sums)[kRows][kGenes],
                                             const RowSum& row_sum) const {
    float sum = 0.0f;
    for (int top = 0; top < call.height; top += kRows) {
      __syncthreads();  // all have read what lies there
      if (top + slot < call.height) sums[slot][lane] = row_sum(top + slot);
      __syncthreads();
      for (int r = 0; r < kRows && top + r < call.height; ++r) sum += sums[r][lane];
    }
    return sum;
  }

  int lane, slot;
  bool exists;
  int64_t gene;
  formulas::Place<float> place;
};

template <int Threads>
struct Identities {
  static constexpr int kThreads = Threads, kBlocks = 2;
  using Block = IdentityBlock<Threads>;
  static constexpr int kGenes = Block::kGenes;
  struct Shared {
    typename Block::Channels channels;
    float sums[Block::kRows][kGenes];
  };

  static __device__ void run(Shared& shared, const IdentityCall& call, int64_t block, int64_t blocks) {
    shared.channels.set(call.channels);
    __syncthreads();
    with_profile(call.profile, [&](auto profile) {
      for (int64_t first = block * kGenes; first < call.genes; first += blocks * kGenes)
        genes<decltype(profile)::value>(shared, call, first);
    });
  }

 private:
  template <Profile profile>
  static __device__ __forceinline__ void genes(Shared& shared, const IdentityCall& call, int64_t first) {
    const Block at(call, first);
    float mean = 0.0f;
    if (call.centred)
      mean = call.share * at.over_rows(call, shared.sums, [&](int h) {
        float row = 0.0f;
        at.template neurons<profile>(call, shared.channels, h, [&](float, float, float s, int64_t) {
          row += formulas::value<profile>(s);
        });
        return row;
      });
    if (!at.exists) return;
    for (int h = at.slot; h < call.height; h += Block::kRows)
      at.template neurons<profile>(call, shared.channels, h, [&](float, float, float s, int64_t i) {
        call.x[i] = formulas::value<profile>(s) - mean;
      });
  }
};

template <int Threads>
struct IdentitiesBackward {
  static constexpr int kThreads = Threads, kBlocks = 2;
  using Block = IdentityBlock<Threads>;
  static constexpr int kGenes = Block::kGenes, kSums = 6;
  static_assert(Block::kRows >= kSums);
  struct Shared {
    typename Block::Channels channels;
    float sums[kSums][Block::kRows][kGenes];
  };

  static __device__ void run(Shared& shared, const IdentityCall& call, int64_t block, int64_t blocks) {
    shared.channels.set(call.channels);
    __syncthreads();
    with_profile(call.profile, [&](auto profile) {
      for (int64_t first = block * kGenes; first < call.genes; first += blocks * kGenes)
        genes<decltype(profile)::value>(shared, call, first);
    });
  }

 private:
  template <Profile profile>
  static __device__ __forceinline__ void genes(Shared& shared, const IdentityCall& call, int64_t first) {
    using Sums = formulas::Sums<profile, float>;
    const Block at(call, first);
    float mean = 0.0f;
    if (call.centred)
      mean = call.share * at.over_rows(call, shared.sums[0], [&](int h) {
        const int64_t line = static_cast<int64_t>(call.width) * call.channels;
        const float* dx = call.dx + at.row_begin(call, h);
        float row = 0.0f;
#pragma unroll 4
        for (int64_t n = 0; n < line; ++n, dx += call.genes) row += *dx;
        return row;
      });
    float sum = 0.0f;  // number `slot` of the sums
    for (int top = 0; top < call.height; top += Block::kRows) {
      __syncthreads();  // all have read what lies there
      if (const int h = top + at.slot; h < call.height) {
        const Sums row = of_row<profile>(shared, call, at, h, mean);
        for (int i = 0; i < Sums::kCount; ++i) shared.sums[i][at.slot][at.lane] = row.of[i];
      }
      __syncthreads();
      if (at.slot < Sums::kCount)
        for (int r = 0; r < Block::kRows && top + r < call.height; ++r)
          sum += shared.sums[at.slot][r][at.lane];
    }
    __syncthreads();
    if (at.slot < Sums::kCount) shared.sums[at.slot][0][at.lane] = sum;
    __syncthreads();
    if (at.exists && at.slot < call.axes) {
      Sums sums;
      for (int i = 0; i < Sums::kCount; ++i) sums.of[i] = shared.sums[i][0][at.lane];
      const int a = at.slot;
      const float sigma = call.places[(call.axes + a) * call.genes + at.gene];
      put(formulas::mu_gradient(sums, a, sigma), call.add, call.dplaces[a * call.genes + at.gene]);
      put(formulas::sigma_gradient(sums, a, sigma), call.add,
          call.dplaces[(call.axes + a) * call.genes + at.gene]);
    }
  }

  template <Profile profile>
  static __device__ __forceinline__ formulas::Sums<profile, float> of_row(const Shared& shared,
                                                                          const IdentityCall& call,
                                                                          const Block& at, int h,
                                                                          float mean) {
    formulas::Sums<profile, float> row{};
    float all = 0.0f;
    at.template neurons<profile>(call, shared.channels, h, [&](float dw, float dc, float s, int64_t i) {
      formulas::collect(&row, &all, (call.dx[i] - mean) * formulas::slope<profile>(s), dw, dc);
    });
    formulas::close(&row, all, coordinate(h, call.height) - at.place.mu[0]);
    return row;
  }

  static __device__ __forceinline__ void put(float gradient, bool add, float& to) {
    to = add ? to + gradient : gradient;
  }
};

}  // namespace innate::expression
