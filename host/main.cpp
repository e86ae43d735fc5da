// The command line.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <limits>
#include <system_error>

#include "host/command/commands.h"
#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/command/provenance.h"
#include "host/command/terminal.h"
#include "host/experiment/experiment.h"
#include "host/experiment/schema.h"
#include "host/results/file.h"
#include "host/results/text.h"

namespace innate::host {

namespace {

/// A number in digits, as it is commonly written: CLI11 alone would also take "", " 3", "0x10" and 1e3.
CLI::Validator decimal(std::uint64_t least, std::uint64_t most, const std::string& allowed) {
  return {[=](const std::string& text) {
            const auto number = parse_decimal(text, most);
            return number && *number >= least ? "" : fmt::format("'{}' is not {}", text, allowed);
          },
          ""};
}

/// A variable of a shell that is not set.
CLI::Validator named() {
  return {[](const std::string& text) { return text.empty() ? "the name is empty" : ""; }, ""};
}

void add_runs(CLI::App* command, std::vector<std::size_t>* runs, const std::string& help) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();  // the folder says how many it has
  command->add_option("--run", *runs, help)
      ->check(decimal(0, most, "the number of a run: 0, 1, 2 and so on"));
}

void add_threads(CLI::App* command, int* threads) {
  command
      ->add_option("--threads", *threads,
                   "CPU threads (default: OMP_NUM_THREADS, or else what affinity and control group allow)")
      ->check(decimal(1, most_threads, fmt::format("a number from 1 to {}", most_threads)));
}

void add_run(CLI::App& app, RunOptions* options) {
  CLI::App* run =
      app.add_subcommand("run", "Run an experiment, from its JSON file to a folder of results and a picture");
  run->add_option("EXPERIMENT", options->experiment, "the experiment's JSON file")->required();
  run->add_option("--out", options->out, "folder for the results (default: results/NAME)")->check(named());
  run->add_option(
         "--set", options->sets,
         "change a value of the experiment before it is expanded: path.to.key=value; may be repeated")
      ->take_all();
  run->add_option("--variant", options->variants,
                  "only this variant of the experiment; may be repeated. With --resume the folder's own stay")
      ->take_all()
      ->allow_extra_args(false);
  run->add_flag("--dry-run", options->dry_run,
                "say what would run, with sizes, memory and an estimate of the time, and write nothing");
  run->add_option("--data", options->data, "folder with data sets, looked in first; may be repeated")
      ->take_all();
  run->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  add_threads(run, &options->threads);
  run->add_option(
         "--memory", options->memory,
         "memory that the replicas in training may take, such as 800M or 4G (default: most of what is "
         "free); replicas that do not fit beside the others wait, with the same results")
      ->check([](const std::string& text) { return parse_bytes(text), std::string(); });
  run->add_option(
         "--executor", options->executor,
         "how steps are run, with the same results: fused (a core or block takes one replica through many "
         "steps), launches (all of them take an instruction after the other), graph (launches that a GPU "
         "replays), auto (what costs least)")
      ->check(CLI::IsMember({"auto", "fused", "launches", "graph"}))
      ->capture_default_str();
  run->add_flag("--resume", options->resume,
                "go on with an unfinished folder, or train the runs that a finished one lacks");
  run->add_flag("--verbose", options->verbose, "say which implementation each operation uses");
}

void add_choice(CLI::App* command, RunChoice* choice) {
  command->add_option("--variant", choice->variants, "only the runs of this variant; may be repeated");
  add_runs(command, &choice->runs, "only the run of this number, counted from 0; may be repeated");
}

void add_export(CLI::App& app, ExportOptions* options) {
  CLI::App* command = app.add_subcommand(
      "export",
      "Write what the runs of a results folder have learned as .npz files, which numpy.load reads:\n"
      "W (inputs x outputs, grown from the genome; of fields places x weights of a place), bias, X (inputs x "
      "genes), grid (height, width), of the\n"
      "layers behind the first W_1, bias_1, ...; scale, and every array of the genome by its name.\n"
      "index.csv says which file is of which run.");
  command->add_option("DIR", options->folder, "a finished results folder")->required();
  command->add_option("--out", options->out, "folder for the files (default: DIR/export)")->check(named());
  add_choice(command, &options->choice);
}

void add_test(CLI::App& app, TestOptions* options) {
  CLI::App* command = app.add_subcommand(
      "test", "Test what the runs of a results folder have learned, on the set of their training or another");
  command->add_option("DIR", options->folder, "a finished results folder")->required();
  command
      ->add_option("--data", options->data,
                   "folder with data sets, looked in first (may be repeated), or one that is a data set; or "
                   "two IDX files: IMAGES LABELS (plain, .gz or .xz)")
      ->take_all();
  command->add_option("--on", options->on, "name of the data set (default: the set of the training)");
  command->add_option("--out", options->out, "also write the rows to this CSV file")->check(named());
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  add_threads(command, &options->threads);
  add_choice(command, &options->choice);
}

void add_plot(CLI::App& app, PlotOptions* options) {
  CLI::App* plot = app.add_subcommand("plot", "Draw one picture of one or several results folders");
  plot->add_option("DIR", options->folders, "results folders")->required();
  plot->add_option(
          "--what", options->what,
          "curve; weights (an image for each class or unit); expression (an image for each gene: how "
          "strongly the neurons that a layer sees express it); genes (the paths of genes' centres)")
      ->check(CLI::IsMember({"curve", "weights", "expression", "genes"}))
      ->capture_default_str();
  for (auto [name, value] : {std::pair("--x", &options->x), std::pair("--y", &options->y)})
    plot->add_option(name, *value,
                     "curve: linear or log (default: as the experiment's figure says; x, where it does "
                     "not: log where points span more than two decades)")
        ->check(CLI::IsMember({"linear", "log"}));
  plot->add_option("--variant", options->choice.variants,
                   "weights, expression, genes: of this variant (default: of each variant the last point's "
                   "replica 0); may be repeated");
  add_runs(
      plot, &options->choice.runs,
      "weights, expression, genes: of the run of this number, as `innate test` prints it; may be repeated");
  plot->add_option("--layer", options->layer,
                   "weights, expression: of this layer; 0 is the one that sees the images")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  plot->add_option(
          "--out", options->out,
          "where to: STEM.svg and STEM.png (default: WHAT in the first folder; curves for several folders)")
      ->check(named());
}

void add_data(CLI::App& app, DataOptions* options) {
  CLI::App* data = app.add_subcommand("data", "Published data sets: what is here, fetch them, check them");
  data->require_subcommand(1);
  CLI::App* list = data->add_subcommand("list", "The published sets that innate knows, and where they are");
  CLI::App* fetch = data->add_subcommand(
      "fetch", "Fetch published sets; a file has its name only once its SHA-256 is right");
  CLI::App* verify = data->add_subcommand("verify", "Read every set that is here, and compare its SHA-256");
  list->add_option("NAME", options->name, "one set (default: all)");
  verify->add_option("NAME", options->name, "one set (default: all)");
  fetch->add_option("NAME", options->name, "mnist, fashion-mnist, cifar-10, or all (default)");
  for (CLI::App* command : {list, verify})
    command->add_option("--data", options->data, "folder with data sets, looked in first; may be repeated")
        ->take_all()
        ->allow_extra_args(false);
  fetch->add_option(
      "--to", options->to,
      "folder in which the set's folder is made (default: XDG_DATA_HOME/innate or ~/.local/share/innate)");
  fetch
      ->add_option("--mirror", options->mirrors,
                   "a URL that is tried first: URL/FILE, then URL/NAME/FILE; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
}

/// Also where nothing can be written to: it cannot throw.
int complain(const std::string& message, ExitStatus status) {
  std::fputs(("innate: " + message + "\n").c_str(), stderr);
  return status;
}

void add_version(CLI::App* app) {
  app->set_version_flag("--version", "innate " + version());
  for (CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) add_version(command);
}

int data_command(const CLI::App& command, const DataOptions& options) {
  if (command.got_subcommand("list")) return data_list(options);
  return command.got_subcommand("fetch") ? data_fetch(options) : data_verify(options);
}

/// `words_alone`: whether the command's work is what it prints.
int dispatch(int argc, char** argv, bool* words_alone) {
  CLI::App app("innate: neural networks that are grown from genomes", "innate");
  RunOptions options;
  options.command_line.assign(argv, argv + argc);
  std::vector<std::string> data;
  PlotOptions plot_options;
  add_run(app, &options);
  DataOptions data_options;
  add_data(app, &data_options);
  add_plot(app, &plot_options);
  ExportOptions export_options;
  add_export(app, &export_options);
  TestOptions test_options;
  add_test(app, &test_options);
  CLI::App* info_command =
      app.add_subcommand("info", "Say what this build is, and which devices and data it finds");
  info_command->add_option("--data", data, "folder with data sets, looked in first; may be repeated")
      ->take_all();
  app.add_subcommand("schema", "Print the reference of the experiment file");
  app.require_subcommand(0, 1);  // none is dealt with below, so that a misspelt one is named
  add_version(&app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadUsage;
  }
  *words_alone = !(app.got_subcommand("run") && !options.dry_run) && !app.got_subcommand("plot") &&
                 !app.got_subcommand("export");
  if (app.got_subcommand("run")) return run(options);
  if (app.got_subcommand("data")) return data_command(*app.get_subcommand("data"), data_options);
  if (app.got_subcommand("plot")) return plot_folders(plot_options);
  if (app.got_subcommand("export")) return export_runs(export_options);
  if (app.got_subcommand("test")) return test_runs(test_options);
  if (app.got_subcommand("info")) return info(data);
  if (!app.got_subcommand("schema"))
    return complain("a subcommand is required; innate --help lists them", kBadUsage);
  show(schema_reference());
  return kDone;
}

/// Closed standard streams would lend their numbers to the files of the results.
void open_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0) std::exit(kFailed);
}

/// The status, once all has been printed. Work that left files behind is done, whether its words arrived or
/// not.
int with_output(int status, bool words_alone) {
  const int error = output_error();
  if (error == 0) return status;
  complain("cannot write to the standard output: " + std::generic_category().message(error), kFailed);
  return words_alone ? static_cast<int>(kFailed) : status;
}

}  // namespace

}  // namespace innate::host

int main(int argc, char** argv) {
  using namespace innate::host;
  open_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is then an error like any other,
  std::signal(SIGPIPE, SIG_IGN);  // and a pipe that nobody reads is none
  try {
    bool words_alone = true;
    const int status = dispatch(argc, argv, &words_alone);
    return with_output(status, words_alone);
  } catch (const innate::engine::SchemaError& error) {
    return complain(std::string("bad experiment: ") + error.what(), kBadUsage);
  } catch (const ParseError& error) {
    return complain(std::string("bad experiment: ") + error.what(), kBadUsage);
  } catch (const UsageError& error) {
    return complain(error.what(), kBadUsage);
  } catch (const std::filesystem::filesystem_error& error) {
    return complain(file_error(error.path1(), "look at it", error.code().value()), kFailed);
  } catch (const std::bad_alloc&) {
    return complain(
        "out of memory: end other programs, raise the limits (ulimit -v, ulimit -d), or let fewer runs train "
        "at once "
        "with --memory or --threads",
        kFailed);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailed);
  }
}
