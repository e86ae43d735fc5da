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
    for (int64_t t = -1; t < turn.times; ++t)  // the prologue, then the passes
      pass(s, t < 0 ? list : list + image.prologue, t < 0 ? image.prologue : image.body);
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
    visit_operands(instruction, Bind<decltype(address)>{address});
  }

  /// Instruction after instruction; of a group that is walked in strips, strip after strip.
  static __device__ __forceinline__ void pass(Shared& s, const Instruction* list, int count) {
    for (int i = 0; i < count;) {
      const Instruction* group = list + i;
      const int members = group->strips > 0 ? group->strips : 1;
      for (int64_t first = 0; first == 0 || first < group->extent; first += group->width) {
        const Instruction* now = group->strips > 0 ? strip_of(s, group, first) : group;
        for (int m = 0; m < members; ++m) {
          if (now[m].barrier && (m > 0 || group->strips == 0)) __syncthreads();
          execute(s, now[m]);
        }
        if (group->strips == 0) break;
      }
      i += members;
    }
  }

  /// The calls of a strip, each cut out by a thread.
  static __device__ __forceinline__ const Instruction* strip_of(Shared& s, const Instruction* group,
                                                                int64_t first) {
    auto* strip = reinterpret_cast<Instruction*>(s.strip);
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < group->strips) {
      strip[threadIdx.x] = group[threadIdx.x];
      cut_to_strip(strip[threadIdx.x], first, smaller(group->width, group->extent - first));
    }
    __syncthreads();
    return strip;
  }

  static __device__ void execute(Shared& s, const Instruction& instruction) {
    with_call<Kinds>(instruction, [&s](auto kind, const auto& call) {
      using Block = typename Runs<decltype(kind)::value>::template Block<Threads>;
      if constexpr (decltype(kind)::value == Kind::cross_entropy) {
        Block::run(s.classifier, call, 0, 1);
      } else {
        Nothing none;
        Block::run(none, call, 0, 1);
      }
    });
  }
};

}  // namespace innate::program
