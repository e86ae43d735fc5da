// How the images and labels of a set are laid out over files. A new format is a file that reads one of its
// files, and a row of the table in set_format.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/data/byte_source.h"

namespace innate::host {

/// What one file of a set holds: images, labels, or both.
struct SetPart {
  std::filesystem::path file;
  int count = 0;                             // of images, or of labels where there are no images
  int height = 0, width = 0, channels = 0;   // 0: no images
  std::vector<std::uint8_t> images, labels;  // as in engine::Dataset

  bool has_images() const { return height > 0; }
};

struct SetFormat {
  std::string_view name;
  std::span<const std::string_view> files;  // without .gz or .xz; those for training come first
  int training_files;
  std::string_view folder;  // in which the published archive holds them; "": in none
  /// Reads file number `index` to its end; `file` is for messages. Throws DataError.
  SetPart (*read)(int index, ByteSource& bytes, const std::filesystem::path& file);
};

/// One file of CIFAR-10's binary version: records of a label and 32 x 32 pixels, first all red, then all
/// green, then all blue; any number of them. The images become height x width x channels. Memory grows with
/// what the file holds. Throws DataError.
SetPart read_cifar10(ByteSource& bytes, const std::filesystem::path& file);

const SetFormat& idx_format();      // four files, as those of MNIST
const SetFormat& cifar10_format();  // six files of the binary version

/// All of them, those that are tried first in front.
std::span<const SetFormat* const> set_formats();

/// What file `index` of the set called `set` may be called, without .gz or .xz; the format's own name first.
/// Of IDX also, as others publish it: train-images.idx3-ubyte, SET-train-images-idx3-ubyte, and test for
/// t10k.
std::vector<std::string> spellings(const SetFormat& format, std::size_t index, const std::string& set);

/// "a, b, c".
std::string joined(std::span<const std::string_view> names);

}  // namespace innate::host
