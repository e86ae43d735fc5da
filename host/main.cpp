// The command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "host/command/device.h"
#include "host/command/exit_status.h"
#include "host/command/info.h"
#include "host/command/provenance.h"
#include "host/command/run.h"
#include "host/experiment/parse.h"
#include "host/experiment/schema.h"
#include "host/plot/plot.h"

namespace innate::host {

namespace {

void add_run(CLI::App& app, RunOptions* options) {
  CLI::App* run = app.add_subcommand("run", "Run an experiment, from its JSON file to a folder of results and a picture");
  run->add_option("EXPERIMENT", options->experiment, "the experiment's JSON file")->required();
  run->add_option("--out", options->out, "folder for the results (default: results/NAME)");
  run->add_option("--set", options->sets, "change a value of the experiment before it is expanded: path.to.key=value; may be repeated")->take_all();
  run->add_option("--data", options->data, "folder with data sets, looked in first; may be repeated")->take_all();
  run->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  run->add_option("--threads", options->threads, "CPU threads (default: what affinity and control group allow)")->check(CLI::Range(1, 4096));
  run->add_flag("--resume", options->resume, "go on with an unfinished folder");
  run->add_flag("--verbose", options->verbose, "say which implementation each operation uses");
}

void add_plot(CLI::App& app, std::vector<std::string>* folders, std::string* out) {
  CLI::App* plot = app.add_subcommand("plot", "Draw one picture of one or several results folders");
  plot->add_option("DIR", *folders, "results folders")->required();
  plot->add_option("--out", *out, "where to: STEM.svg and STEM.png (default: curve in the first folder)");
}

int draw(const std::vector<std::string>& folders, const std::string& out) {
  const std::vector<std::filesystem::path> paths(folders.begin(), folders.end());
  const std::filesystem::path stem = out.empty() ? paths.front() / "curve" : std::filesystem::path(out);
  plot(paths, stem);
  fmt::print("{}.svg\n{}.png\n", stem.string(), stem.string());
  return kDone;
}

int dispatch(int argc, char** argv) {
  CLI::App app("innate: neural networks that are grown from genomes", "innate");
  RunOptions options;
  options.command_line.assign(argv, argv + argc);
  std::vector<std::string> folders, data;
  std::string out;
  add_run(app, &options);
  add_plot(app, &folders, &out);
  CLI::App* info_command = app.add_subcommand("info", "Say what this build is, and which devices and data it finds");
  info_command->add_option("--data", data, "folder with data sets, looked in first; may be repeated")->take_all();
  app.add_subcommand("schema", "Print the reference of the experiment file");
  app.require_subcommand(1);
  app.set_version_flag("--version", "innate " + version());
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    command->set_version_flag("--version", "innate " + version());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadUsage;
  }
  if (app.got_subcommand("run")) return run(options);
  if (app.got_subcommand("plot")) return draw(folders, out);
  if (app.got_subcommand("info")) return info(data);
  fmt::print("{}", schema_reference());
  return kDone;
}

}  // namespace

}  // namespace innate::host

int main(int argc, char** argv) {
  using namespace innate::host;
  try {
    return dispatch(argc, argv);
  } catch (const innate::engine::SchemaError& error) {
    fmt::print(stderr, "innate: bad experiment: {}\n", error.what());
    return kBadUsage;
  } catch (const ParseError& error) {
    fmt::print(stderr, "innate: bad experiment: {}\n", error.what());
    return kBadUsage;
  } catch (const DeviceError& error) {
    fmt::print(stderr, "innate: {}\n", error.what());
    return kBadUsage;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "innate: out of memory\n");
    return kFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "innate: {}\n", error.what());
    return kFailed;
  }
}
