#include "host/data/known_sets.h"

namespace innate::host {
namespace {

constexpr KnownFile mnist_files[] = {
    {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47040016},
    {"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60008},
    {"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7840016},
    {"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10008}};

constexpr KnownFile fashion_mnist_files[] = {
    {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47040016},
    {"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60008},
    {"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7840016},
    {"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10008}};

constexpr KnownFile cifar10_files[] = {
    {"cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5", 30730000},
    {"a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed", 30730000},
    {"bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67", 30730000},
    {"014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48", 30730000},
    {"755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add", 30730000},
    {"8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b", 30730000}};

constexpr std::string_view idx_downloads[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                              "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
constexpr std::string_view cifar10_downloads[] = {"cifar-10-binary.tar.gz"};

constexpr std::string_view mnist_mirrors[] = {"https://storage.googleapis.com/cvdf-datasets/mnist/",
                                              "https://ossci-datasets.s3.amazonaws.com/mnist/"};
constexpr std::string_view fashion_mnist_mirrors[] = {
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"};
constexpr std::string_view cifar10_mirrors[] = {
    "https://www.cs.toronto.edu/~kriz/",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/"};

std::span<const KnownSet> table() {
  static const KnownSet sets[] = {
      {"mnist", "MNIST", &idx_format(), mnist_files, idx_downloads, mnist_mirrors, ""},
      {"fashion-mnist", "Fashion-MNIST", &idx_format(), fashion_mnist_files, idx_downloads,
       fashion_mnist_mirrors, "dataset-fashion-mnist"},
      {"cifar-10", "CIFAR-10", &cifar10_format(), cifar10_files, cifar10_downloads, cifar10_mirrors, ""},
  };
  return sets;
}

}  // namespace

std::uint64_t KnownSet::bytes() const {
  std::uint64_t sum = 0;
  for (const KnownFile& file : files) sum += file.bytes;
  return sum;
}

std::span<const KnownSet> known_sets() { return table(); }

const KnownSet* known_set(std::string_view name) {
  for (const KnownSet& set : table())
    if (set.name == name) return &set;
  return nullptr;
}

}  // namespace innate::host
