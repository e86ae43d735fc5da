// Arrays of all replicas on a context's memory, and the numbers to fill them with.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "innate/kernels/context.h"
#include "innate/kernels/random.h"
#include "innate/kernels/view.h"

namespace innate::test {

/// One vector a replica, in host memory.
template <class T>
using Sets = std::vector<std::vector<T>>;

template <class T>
std::vector<int64_t> sizes_of(const Sets<T>& sets) {
  std::vector<int64_t> sizes;
  for (const auto& set : sets) sizes.push_back(static_cast<int64_t>(set.size()));
  return sizes;
}

/// One allocation for all replicas, with an odd gap before each replica's array and after the last. The gaps
/// hold a canary, and `download` fails the test if one changed. Element types have no padding.
///
/// Where all sizes are equal, `by_stride` leaves the view without offsets. One set seen by all replicas is a
/// stride of 0.
template <class T>
class Arrays {
 public:
  /// What the arrays hold at first.
  Arrays(Context& context, const Sets<T>& content, bool by_stride = false)
      : sizes_(sizes_of(content)), by_stride_(by_stride) {
    lay_out(context);
    std::vector<T> all = canaries();
    for (std::size_t r = 0; r < sizes_.size(); ++r)
      std::copy(content[r].begin(), content[r].end(), all.begin() + static_cast<std::ptrdiff_t>(begins_[r]));
    data_.upload(all);
  }

  /// Arrays to be written: every byte is 0xFF.
  static Arrays blank(Context& context, const std::vector<int64_t>& sizes, bool by_stride = false) {
    Sets<T> content;
    for (const int64_t size : sizes) content.emplace_back(static_cast<std::size_t>(size), blank_value());
    return Arrays(context, content, by_stride);
  }

  static T blank_value() {
    T value;
    std::memset(&value, 0xff, sizeof value);
    return value;
  }

  Ragged<T> view() const {
    if (sizes_.size() == 1 || by_stride_)
      return {data_.data() + begins_[0], sizes_.size() == 1 ? 0 : begins_[1] - begins_[0], nullptr};
    return {data_.data(), 0, offsets_.data()};
  }
  Ragged<const T> in() const { return view(); }

  Sets<T> download() const {
    const std::vector<T> all = data_.download();
    const std::vector<T> clean = canaries();
    std::vector<bool> inside(all.size(), false);
    Sets<T> sets;
    for (std::size_t r = 0; r < sizes_.size(); ++r) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(begins_[r]);
      sets.emplace_back(first, first + static_cast<std::ptrdiff_t>(sizes_[r]));
      for (int64_t e = 0; e < sizes_[r]; ++e) inside[static_cast<std::size_t>(begins_[r] + e)] = true;
    }
    for (std::size_t e = 0; e < all.size(); ++e)
      if (!inside[e] && std::memcmp(&all[e], &clean[e], sizeof(T)) != 0) {
        ADD_FAILURE() << "element " << e << " of " << all.size()
                      << " was written; it lies between the replicas' arrays";
        break;
      }
    return sets;
  }

  /// Fails the test unless every element is as `blank` made it.
  void expect_blank(const std::string& what) const {
    const T blank = blank_value();
    for (const auto& set : download())
      for (const T& value : set)
        if (std::memcmp(&value, &blank, sizeof(T)) != 0) {
          ADD_FAILURE() << what << " was written";
          return;
        }
  }

 private:
  void lay_out(Context& context) {
    int64_t at = 0;
    for (std::size_t r = 0; r < sizes_.size(); ++r) {
      at += by_stride_ ? 3 : 2 * static_cast<int64_t>(r) + 1;
      begins_.push_back(at);
      at += sizes_[r];
    }
    data_ = Buffer<T>::of_size(context, static_cast<std::size_t>(at) + 3);
    offsets_ = Buffer<int64_t>(context, begins_);
  }
  std::vector<T> canaries() const {
    std::vector<T> all(data_.size());
    std::memset(static_cast<void*>(all.data()), 0xa5, all.size() * sizeof(T));
    return all;
  }

  std::vector<int64_t> sizes_, begins_;
  bool by_stride_ = false;
  Buffer<T> data_;
  Buffer<int64_t> offsets_;
};

/// Extents on both sides. Where all are equal, neither pointer is set if `uniform`.
class TestExtents {
 public:
  TestExtents(Context& context, const std::vector<int64_t>& each, bool uniform = false) : host_(each) {
    if (!uniform) each_ = Buffer<int64_t>(context, host_);
    for (const int64_t extent : each) most_ = extent > most_ ? extent : most_;
  }
  Extents view() const {
    return {most_, each_.size() ? host_.data() : nullptr, each_.size() ? each_.data() : nullptr};
  }

 private:
  std::vector<int64_t> host_;
  Buffer<int64_t> each_;
  int64_t most_ = 0;
};

inline bool all_equal(const std::vector<int64_t>& numbers) {
  for (const int64_t n : numbers)
    if (n != numbers[0]) return false;
  return true;
}

/// Whole numbers from -most to most, all about as often.
inline std::vector<float> integers(uint64_t seed, int64_t count, int most) {
  std::vector<float> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(
        static_cast<int>(random::mix(random::mix(seed) + i) % static_cast<uint64_t>(2 * most + 1)) - most);
  return out;
}

inline std::vector<float> normals(uint64_t seed, int64_t count, double sd = 1.0, double mean = 0.0) {
  std::vector<float> out(static_cast<std::size_t>(count));
  random::fill_normal({seed, random::Purpose::weights, 0}, mean, sd, out.data(), out.size());
  return out;
}

/// Pixels up to `most`, of which a share of `zeros` are 0, in runs of 8 and singly.
inline std::vector<uint8_t> pixels(uint64_t seed, int64_t count, double zeros = 0.7, int most = 255) {
  std::vector<uint8_t> out(static_cast<std::size_t>(count));
  const random::Key key{seed, random::Purpose::test_subset, 1};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool run = random::uniform({seed, random::Purpose::test_subset, 2}, i / 8) < zeros / 2;
    const bool zero = run || random::uniform(key, 2 * i) < zeros / 2;
    out[i] = zero ? uint8_t{0}
                  : static_cast<uint8_t>(1 + static_cast<int>(random::uniform(key, 2 * i + 1) * most));
  }
  return out;
}

inline std::vector<double> widen(const std::vector<float>& from) { return {from.begin(), from.end()}; }

/// A 256-byte aligned workspace of exactly the size asked for, or none.
inline Buffer<unsigned char> workspace(Context& context, std::size_t bytes) {
  return Buffer<unsigned char>::of_size(context, bytes);
}

}  // namespace innate::test
