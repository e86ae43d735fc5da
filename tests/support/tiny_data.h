// A labelled image set as small as a test wants it, in the files that MNIST comes in.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace innate::test {

struct TinyData {
  int train = 600, test = 200;  // images
  int height = 9, width = 7, classes = 3;
  bool gzip = false;
};

namespace tiny {

using Bytes = std::vector<std::uint8_t>;

inline constexpr const char* train_images = "train-images-idx3-ubyte";
inline constexpr const char* train_labels = "train-labels-idx1-ubyte";
inline constexpr const char* test_images = "t10k-images-idx3-ubyte";
inline constexpr const char* test_labels = "t10k-labels-idx1-ubyte";

/// The same numbers everywhere: Knuth's MMIX generator, its high bits.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}
  int below(int bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 33) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

inline Bytes idx(std::uint32_t magic, const std::vector<int>& extents, const Bytes& values) {
  Bytes bytes;
  const auto word = [&bytes](std::uint32_t number) {
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  };
  word(magic);
  for (const int extent : extents) word(static_cast<std::uint32_t>(extent));
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

inline int label(int image, int classes) { return image % classes; }

inline Bytes labels(int count, const TinyData& data) {
  Bytes values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<std::uint8_t>(label(i, data.classes)));
  return idx(0x801, {count}, values);
}

/// A class is a band of rows that is brighter than the rest, under noise that leaves some images in doubt.
inline Bytes images(int count, const TinyData& data, std::uint64_t seed) {
  Noise noise(seed);
  Bytes values;
  for (int i = 0; i < count; ++i)
    for (int row = 0; row < data.height; ++row)
      for (int column = 0; column < data.width; ++column) {
        const bool band = row * data.classes / data.height == label(i, data.classes);
        const bool bright = noise.below(100) < (band ? 45 : 25);
        values.push_back(static_cast<std::uint8_t>(bright ? 100 + noise.below(156) : 0));
      }
  return idx(0x803, {count, data.height, data.width}, values);
}

inline void write(const std::filesystem::path& file, const Bytes& bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

inline void write_gzip(const std::filesystem::path& file, const Bytes& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  const bool written = out && gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size())) ==
                                  static_cast<int>(bytes.size());
  if (!out || gzclose(out) != Z_OK || !written) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace tiny

/// Writes the four files into `folder`, which is made where it is absent.
inline void write_tiny_data(const std::filesystem::path& folder, const TinyData& data = {}) {
  std::filesystem::create_directories(folder);
  const auto put = [&](const char* name, const tiny::Bytes& bytes) {
    if (data.gzip)
      tiny::write_gzip(folder / (std::string(name) + ".gz"), bytes);
    else
      tiny::write(folder / name, bytes);
  };
  put(tiny::train_images, tiny::images(data.train, data, 1));
  put(tiny::train_labels, tiny::labels(data.train, data));
  put(tiny::test_images, tiny::images(data.test, data, 2));
  put(tiny::test_labels, tiny::labels(data.test, data));
}

}  // namespace innate::test
