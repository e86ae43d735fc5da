// `innate export`: what was learned, as files that NumPy reads.
#pragma once

#include <string>

#include "host/command/stored_runs.h"

namespace innate::host {

struct ExportOptions {
  std::string folder;
  std::string out;  // empty: FOLDER/export
  RunChoice choice;
};

/// Writes one .npz for each run, called NUMBER-VARIANT-KEY=VALUE-rREPLICA.npz, and index.csv: the columns
/// run, file, height, width, and those of runs.csv. A file holds, as float32 where nothing else is said:
///
///   W      inputs x outputs, the weights that grew from the genome; neuron h * width + w is pixel (h, w) (of
///          colour images (h * width + w) * channels + c)
///   bias   one for each output; 0 where the layer has none. So the network's outputs are A @ W + bias for
///          images A with pixels from 0 to 1
///   X      inputs x genes, how strongly a neuron expresses a gene (not for direct weights)
///   scale  the constant s of W = s X O Y^T
///   grid   int64: height and width of the images, and channels where there are several: W.reshape(*grid, -1)
///   and every array of the genome by its own name: interaction (O), output_identity (Y), expression, places
///   coefficients, (not a random basis, which would be large: it follows from the seed), places
///   (my, mx and q of each gene: its centre is at (tanh my, tanh mx), its width is exp(-q)), weights, ...
///
/// The same folder gives the same bytes. Every file is written whole or not at all, index.csv last. A
/// folder that holds anything which this export would not write is refused with a UsageError. Returns the
/// exit status; throws what its parts throw.
int export_runs(const ExportOptions& options);

}  // namespace innate::host
