// .npz: what numpy.load reads, a zip of arrays.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

struct archive;

namespace innate::host {

/// Builds one .npz file in memory: arrays in the order in which they are added, not compressed, with no
/// times, so that the same arrays give the same bytes. Throws ResultsError where libarchive fails.
class Npz {
 public:
  Npz();
  Npz(const Npz&) = delete;
  Npz& operator=(const Npz&) = delete;
  ~Npz();

  /// `name` becomes the key. Row-major; the product of the shape is the number of values, and no shape at all
  /// means a single number. Values become float32 and int64.
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           std::span<const std::int64_t> values);
  /// The whole file; nothing can be added afterwards.
  std::string take();

 private:
  void add(const std::string& name, const std::string& content);

  std::string bytes_;
  ::archive* archive_;
};

}  // namespace innate::host
