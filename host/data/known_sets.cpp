#include "host/data/known_sets.h"

namespace innate::host {
namespace {

constexpr std::string_view train_images = "train-images-idx3-ubyte", train_labels = "train-labels-idx1-ubyte";
constexpr std::string_view test_images = "t10k-images-idx3-ubyte", test_labels = "t10k-labels-idx1-ubyte";

constexpr KnownSet table[] = {
    {"mnist",
     {{{train_images, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
       {train_labels, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
       {test_images, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
       {test_labels, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}},
     "the page of the MNIST database and its CVDF mirror",
     ""},
    {"fashion-mnist",
     {{{train_images, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
       {train_labels, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
       {test_images, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
       {test_labels, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}},
     "the repository zalandoresearch/fashion-mnist",
     "dataset-fashion-mnist"},
};

}  // namespace

std::span<const KnownSet> known_sets() { return table; }

const KnownSet* known_set(std::string_view name) {
  for (const KnownSet& set : table)
    if (set.name == name) return &set;
  return nullptr;
}

std::array<std::string, files_per_set> file_stems(std::string_view set) {
  const KnownSet* known = known_set(set);
  if (!known)
    return {std::string(train_images), std::string(train_labels), std::string(test_images),
            std::string(test_labels)};
  std::array<std::string, files_per_set> stems;
  for (int i = 0; i < files_per_set; ++i) stems[i] = known->files[i].stem;
  return stems;
}

}  // namespace innate::host
