// Pictures of what runs have learned: weights, and the paths of genes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/plot/canvas.h"

namespace innate::host {

/// The weights of one layer of a network, as images of what each of its outputs looks at.
struct WeightImages {
  std::string label;  // which run
  int height = 0, width = 0, channels = 1;
  std::vector<std::string> outputs;  // what each output is called: its class, or its number
  std::vector<float> weights;        // (height x width x channels) x outputs, row-major
  bool hidden = false;               // only the first hundred outputs are drawn
  const char* each = "units";        // what so many outputs are
};

inline constexpr std::size_t most_weight_images = 24;  // networks on one picture

/// A row of images for each network, ten outputs at a time, one row a channel; blue is negative, red is
/// positive; a network's scale ends where half a percent of its weights lie beyond. Where that would become
/// higher than 12,000 pixels, each network shows its first outputs and says so. Throws PlotError where
/// there is nothing to draw or too much, or a weight is not finite.
Canvas weights_picture(const std::string& title, const std::string& subtitle,
                       const std::vector<WeightImages>& networks);

/// One gene's way over the grid of input neurons, which reaches from -1 to 1 (row -1 is on top).
struct GenePath {
  struct PlaceAt {
    std::int64_t at;  // step
    double row, column, width;
  };
  std::int64_t gene = 0;
  std::vector<PlaceAt> places;  // by increasing `at`
};

/// The genes of one network, or of one of its colours.
struct GenePanel {
  std::string label;
  std::vector<GenePath> paths;
};

inline constexpr std::size_t most_gene_panels = 24;

/// A grid for each panel: open dots where genes began, lines to the filled dots where they ended, and a
/// circle as wide as the Gaussian is there (Barabasi 2023, Fig. 2b). Places that are not finite are left out.
/// Throws PlotError where there is nothing to draw or too much.
Canvas genes_picture(const std::string& title, const std::string& subtitle,
                     const std::vector<GenePanel>& panels);

}  // namespace innate::host
