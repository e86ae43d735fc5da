// Large products by cuBLASLt (precision.h: library), which is found when the first of them is asked for:
// neither a build nor a package needs it.
#pragma once

#include <cstddef>
#include <memory>

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "kernels/core/gemm.h"

namespace innate::gemm {

/// A handle on the context's device, which must outlive it. Sums are float32, never TF32. Algorithms follow
/// from one product's shape, how its operands are stored and to how many bytes they are aligned, up to 16:
/// neither from how many products there are nor from what else runs.
class INNATE_API Library {
 public:
  virtual ~Library() = default;
  /// Chooses the algorithm, once for all products like this one. Returns the bytes of workspace it needs.
  virtual std::size_t prepare(const Product& product) = 0;
  /// A product that is prepared, of pointers of the device, on a cudaStream_t. Neither allocates nor waits.
  /// The workspace, aligned to 256 bytes, is free for others once the stream has passed.
  virtual void multiply(void* stream, const Product& product, void* workspace) = 0;
};

/// Error, with what is missing, where there is none.
INNATE_API std::shared_ptr<Library> open_library(Context& context);

}  // namespace innate::gemm
