// The commands of innate: what each is asked, and what it does. Each returns the exit status, and throws what
// its parts throw.
#pragma once

#include <innate/kernels/context.h>

#include <string>
#include <vector>

#include "host/command/stored_runs.h"

namespace innate::host {

class Runner;

// ---- innate run: an experiment from its file to its results folder

struct RunOptions {
  std::string experiment;
  std::string out;  // empty: results/NAME
  std::vector<std::string> sets, data, variants;
  std::string device = "auto";
  int threads = 0;     // 0: what is allowed
  std::string memory;  // empty: most of what is free
  std::string executor = "auto";
  bool resume = false, verbose = false, dry_run = false;
  std::vector<std::string> command_line;
};

int run(const RunOptions& options);

/// `--dry-run`: what would run, how large it is and about how long it takes.
/// Prints a row for each point, and what all of them come to. Times are measured: a few points are trained
/// for a fraction of a second each, on the CPU by one thread and in the time that it alone was busy; the
/// others' lie between theirs. `reading`: seconds that the data took.
void show_dry_run(const Experiment& experiment, const Runner& runner, Context& context, double reading);

// ---- innate test: stored genomes, tested on images of any origin

struct TestOptions {
  std::string folder;
  RunChoice choice;
  std::vector<std::string> data;  // folders as for `run`, or two IDX files: images, labels
  std::string on;                 // a set's name; empty: the one that a run was trained on
  std::string out;                // a CSV file; empty: none
  std::string device = "auto";
  int threads = 0;  // 0: what is allowed
};

/// Grows the network of every chosen run and tests it on all test images of the set. Prints a row for each
/// run, then mean and sd of each point (runs that diverged are left out of these). On the set of its training
/// a run has the accuracy of its last test in metrics.csv, to the last digit, where that test took all
/// images.
///
/// `data` names a folder that holds the set in a folder of its own, or that is the set (under any name, where
/// `on` is not given), or two IDX files. Where the experiment takes some classes of its set, so does the
/// test.
int test_runs(const TestOptions& options);

// ---- innate export: what was learned, as files that NumPy reads

struct ExportOptions {
  std::string folder;
  std::string out;  // empty: FOLDER/export
  RunChoice choice;
};

/// Writes one .npz for each run, called NUMBER-VARIANT-KEY=VALUE-rREPLICA.npz, and index.csv: the columns
/// run, file, height, width, and those of runs.csv. A file holds, as float32 where nothing else is said:
///
///   W      inputs x outputs, the first layer's weights, grown from the genome; neuron h * width + w is
///          pixel (h, w) (of colour images (h * width + w) * channels + c). Of fields: places x (weights of a
///          place, k x channels); of a convolution one place's (field.h)
///   bias   one for each output; 0 where the layer has none. So the network's outputs are A @ W + bias for
///          images A with pixels from 0 to 1
///   X      inputs x genes, how strongly a neuron expresses a gene (not for direct weights)
///   grid   int64: height and width of the images, and channels where there are several: W.reshape(*grid, -1)
///   W_1, bias_1, X_1, grid_1, ...   the same of the layers behind it
///   scale  the constant s of W = s X O Y^T, or one for each layer
///   and every array of the genome by its own name: interaction (O), output_identity (Y), expression, places
///   coefficients, (not a random basis, which would be large: it follows from the seed), places
///   (my, mx and q of each gene: its centre is at (tanh my, tanh mx), its width is exp(-q)), weights, ...
///
/// The same folder gives the same bytes. Every file is written whole or not at all, index.csv last. A
/// folder that holds anything which this export would not write is refused with a UsageError.
int export_runs(const ExportOptions& options);

// ---- innate plot: pictures of results folders

struct PlotOptions {
  std::vector<std::string> folders;
  std::string out;             // stem; empty: WHAT in the first folder
  std::string what = "curve";  // curve, weights, genes
  std::string x, y;            // curve: linear, log; empty: as the experiment's figure says
  RunChoice choice;            // weights, genes; empty: the last point of every variant, replica 0
  int layer = 0;               // weights: of this layer
};

/// curve: how good the folders' points are (host/plot/picture.h). weights: what each output looks at, of
/// chosen runs. genes: the paths of the genes' centres during training, of chosen points. Writes OUT.svg and
/// OUT.png.
int plot_folders(const PlotOptions& options);

// ---- innate data list | fetch | verify: the published sets, and what of them is here

struct DataOptions {
  std::string name;                  // of a set; empty: all ("all" too, of fetch)
  std::vector<std::string> data;     // list, verify: --data
  std::string to;                    // fetch: the folder in which the set's own is made; empty: the user's
  std::vector<std::string> mirrors;  // fetch: tried first
};

int data_list(const DataOptions& options);
int data_fetch(const DataOptions& options);
/// Reads every set that is here to its end and compares it with what was published; status 1 where one is not
/// right, or where there is none.
int data_verify(const DataOptions& options);

// ---- innate info: what this build is and what it finds on this machine

int info(const std::vector<std::string>& data);

}  // namespace innate::host
