#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/plot/canvas.h"

namespace innate::host {

/// One gene's way over the grid of input neurons, which reaches from -1 to 1 (row -1 is on top).
struct GenePath {
  struct Place {
    std::int64_t at;  // step
    double row, column, width;
  };
  std::int64_t gene = 0;
  std::vector<Place> places;  // by increasing `at`
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
