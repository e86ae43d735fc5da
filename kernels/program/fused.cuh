// Fused: one block takes one replica through a section's prologue and many passes of its body. Instructions
// are copied to shared memory once, with their symbols turned into pointers, and arrays that are touched
// often lie there too (plan.h). A kernel is compiled for a program class, a set of kinds, so that a section
// pays no register for what it does not do.
#pragma once

#include "kernels/program/operations.cuh"
#include "kernels/program/plan.h"

namespace innate::program {

/// A section as a device reads it: this, its instructions, and where all arrays lie.
struct Image {
  int32_t prologue, body, arrays, unused;

  __device__ const Instruction* instructions() const {
    return reinterpret_cast<const Instruction*>(this + 1);
  }
  __device__ const Location* locations() const {
    return reinterpret_cast<const Location*>(instructions() + prologue + body);
  }
};
static_assert(sizeof(Image) % 16 == 0 && sizeof(Instruction) % 16 == 0);

/// One block's job.
struct Turn {
  const Image* image;
  char *state, *scratch;
  int64_t times;
};

template <uint32_t Kinds, int Threads>
struct Fused {
  static constexpr int kMostStrips = 4;  // instructions that are walked in strips together
  /// The instructions lie behind it, and the fast memory behind those.
  struct alignas(16) Shared {
    typename classifier::CrossEntropy<Threads>::Shared classifier;
    typename gemm::Block<Threads>::Shared product;
    alignas(16) char strip[kMostStrips * sizeof(Instruction)];
  };

  static __device__ void run(Shared& s, const Turn& turn) {
    const Image& image = *turn.image;
    const int count = image.prologue + image.body;
    auto* list = reinterpret_cast<Instruction*>(&s + 1);
    auto* fast = reinterpret_cast<char*>(list + count);
    copy(reinterpret_cast<const uint32_t*>(image.instructions()), reinterpret_cast<uint32_t*>(list),
         count * static_cast<int64_t>(sizeof(Instruction)));
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < count; i += Threads) bind(list[i], turn, fast);
    for (int a = 0; a < image.arrays; ++a) {
      const Location& location = image.locations()[a];
      if (location.fetched) copy(in_state(turn, location), in_fast(fast, location), location.bytes);
    }
    __syncthreads();
    const Instruction *body = list + image.prologue, *end = list + count;
    for (int64_t t = -1; t < turn.times; ++t) pass(s, t < 0 ? list : body, t < 0 ? body : end);
    __syncthreads();
    for (int a = 0; a < image.arrays; ++a) {
      const Location& location = image.locations()[a];
      if (location.written) copy(in_fast(fast, location), in_state(turn, location), location.bytes);
    }
  }

 private:
  static __device__ uint32_t* in_state(const Turn& turn, const Location& location) {
    return reinterpret_cast<uint32_t*>(turn.state + location.offset);
  }
  static __device__ uint32_t* in_fast(char* fast, const Location& location) {
    return reinterpret_cast<uint32_t*>(fast + location.fast_offset);
  }
  static __device__ void copy(const uint32_t* from, uint32_t* to, int64_t bytes) {
    for (int64_t w = threadIdx.x; w < bytes / 4; w += Threads) to[w] = from[w];
  }

  static __device__ void bind(Instruction& instruction, const Turn& turn, char* fast) {
    const Location* locations = turn.image->locations();
    const auto address = [&](int array) {
      const Location& location = locations[array];
      if (location.fast) return fast + location.fast_offset;
      return (location.where == Where::state ? turn.state : turn.scratch) + location.offset;
    };
    visit_operands<kWithKernels>(instruction, Bind<decltype(address)>{address});
  }

  /// Instruction after instruction; of a group that is walked in strips, strip after strip. While one is
  /// executed, what is kept of the walk is `now` alone: all else would be spilled around it.
  static __device__ __forceinline__ void pass(Shared& s, const Instruction* now, const Instruction* end) {
    auto* strip = reinterpret_cast<Instruction*>(s.strip);
    int64_t first = 0;
    while (now < end) {
      if (now->strips > 0) cut(strip, now, first);
      const bool walked = now->strips > 0 || now->member > 0;
      const Instruction& instruction = walked ? strip[now->member] : *now;
      if (instruction.barrier && (!walked || now->member > 0)) __syncthreads();
      execute(s, instruction);
      const Instruction* group = now - now->member;
      first =
          group->strips == now->member + 1 ? strip->extent : group->extent;  // where the next strip begins
      if (first < group->extent)
        now = group;
      else
        ++now, first = 0;
    }
  }

  /// The calls of the strip from `first` on, each cut out by a thread; its extent says where the next begins.
  static __device__ __forceinline__ void cut(Instruction* strip, const Instruction* group, int64_t first) {
    __syncthreads();
    const int member = static_cast<int>(threadIdx.x);
    if (member < group->strips) {
      strip[member] = group[member];
      cut_to_strip(strip[member], first, smaller(group->width, group->extent - first));
      strip[member].extent = first + group->width;
    }
    __syncthreads();
  }

  static __device__ void execute(Shared& s, const Instruction& instruction) {
    with_call<Kinds>(instruction, [&s](auto kind, const auto& call) {
      using Block = typename Runs<decltype(kind)::value>::template Block<Threads>;
      if constexpr (decltype(kind)::value == Kind::cross_entropy) {
        Block::run(s.classifier, call, 0, 1);
      } else if constexpr (decltype(kind)::value == Kind::product) {
        Block::run(s.product, call, 0, 1);
      } else {
        Nothing none;
        Block::run(none, call, 0, 1);
      }
    });
  }
};

}  // namespace innate::program
