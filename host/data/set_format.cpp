#include "host/data/set_format.h"

#include "host/data/idx.h"

namespace innate::host {
namespace {

constexpr std::string_view idx_files[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
constexpr std::string_view cifar10_files[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                              "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

SetPart read_idx(int index, ByteSource& bytes, const std::filesystem::path& file) {
  const bool images = index % 2 == 0;
  IdxFile idx = images ? read_idx_images(bytes, file) : read_idx_labels(bytes, file);
  if (images) return {file, idx.extents[0], idx.extents[1], idx.extents[2], 1, std::move(idx.values), {}};
  return {file, idx.extents[0], 0, 0, 0, {}, std::move(idx.values)};
}

SetPart read_batch(int, ByteSource& bytes, const std::filesystem::path& file) {
  return read_cifar10(bytes, file);
}

constexpr SetFormat idx = {"IDX", idx_files, 2, "", read_idx};
constexpr SetFormat cifar10 = {"CIFAR-10 binary", cifar10_files, 5, "cifar-10-batches-bin", read_batch};
constexpr const SetFormat* all[] = {&idx, &cifar10};

}  // namespace

const SetFormat& idx_format() { return idx; }
const SetFormat& cifar10_format() { return cifar10; }
std::span<const SetFormat* const> set_formats() { return all; }

std::vector<std::string> spellings(const SetFormat& format, std::size_t index, const std::string& set) {
  const std::string own(format.files[index]);
  std::vector<std::string> names = {own};
  if (&format != &idx) return names;
  const bool of_test = index >= static_cast<std::size_t>(format.training_files);
  if (of_test) names.push_back("test" + own.substr(own.find('-')));
  for (std::size_t i = 0, count = names.size(); i < count; ++i) names.push_back(set + "-" + names[i]);
  for (std::size_t i = 0, count = names.size(); i < count; ++i) {
    names.push_back(names[i]);
    names.back()[names.back().rfind("-idx")] = '.';
  }
  return names;
}

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace innate::host
