// Views: plain structs that say where per-replica arrays lie. They own nothing and can be passed to a device
// by value.
#pragma once

#include <cstdint>
#include <type_traits>

#if defined(__CUDACC__)
#define INNATE_HD __host__ __device__ __forceinline__
#else
#define INNATE_HD inline
#endif

namespace innate {

/// One array for each replica, in one allocation: replica r's begins at `data + offset[r]`, or at
/// `data + r * stride` where `offset` is null (stride 0: all replicas share one array).
/// `data` and `offset` are in memory of the context that the view is used with. Several replicas never write
/// to the same memory: an output's stride is at least the elements of the largest replica's array, or an
/// Error (offsets are looked at only with INNATE_CHECK, context.h).
template <class T>
struct Ragged {
  T* data = nullptr;
  int64_t stride = 0;
  const int64_t* offset = nullptr;

  INNATE_HD T* operator[](int replica) const { return data + (offset ? offset[replica] : replica * stride); }
  INNATE_HD explicit operator bool() const { return data != nullptr; }
  /// A read-only view of the same arrays.
  template <class U, class = std::enable_if_t<!std::is_const_v<T> && std::is_same_v<U, const T>>>
  INNATE_HD operator Ragged<U>() const {
    return {data, stride, offset};
  }
};

/// An extent that may differ between replicas: gene counts, parameter counts. `most` is the largest. `host`
/// and `each` hold the same numbers, one a replica, `host` in host memory and `each` in memory of the
/// context; both are null where every replica has `most`. The CPU reads `host` alone, and needs no `each`.
struct Extents {
  int64_t most = 0;
  const int64_t* host = nullptr;
  const int64_t* each = nullptr;

  /// Host side.
  int64_t of(int replica) const { return host ? host[replica] : most; }
  /// Inside an implementation, on the context's side.
  INNATE_HD int64_t operator[](int replica) const { return each ? each[replica] : most; }
};

/// The pixels of a set of 8-bit images that are not 0, image after image, by ascending place: what is left to
/// do for a product with images that are mostly 0. Image i has the entries start[i] to start[i + 1] - 1; an
/// entry is place * 256 + pixel. Made once for a set by batch::list_pixels.
struct PixelLists {
  const int64_t* start = nullptr;
  const uint32_t* entries = nullptr;
};

/// Where the rows of A come from. Exactly one of three is set:
///   values   floats, rows x columns
///   pixels   8-bit pixels, rows x columns; the value of one is scale * pixel
///   rows     row i is image rows[i] of the set that `images` (8-bit pixels) and `lists` hold; no image is
///            moved. The CPU needs one of the two (lists where most pixels are 0), CUDA needs `images`,
///            and fused programs use `lists` where they are given.
/// All are row-major and packed; one array a replica (stride 0: all replicas see the same). The result is the
/// same to the bit for all forms of the same finite numbers.
struct Inputs {
  Ragged<const float> values;
  Ragged<const uint8_t> pixels;
  float scale = 1.0f;
  Ragged<const uint32_t> rows;
  const uint8_t* images = nullptr;
  PixelLists lists{};
  int64_t count = 0;  // of images in the set, where known: with INNATE_CHECK (context.h) rows are below it
};

}  // namespace innate
