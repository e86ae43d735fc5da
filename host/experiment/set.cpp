// `--set path.to.key=value`.
#include "check.h"
#include "experiment.h"
#include "merge.h"
#include "parse.h"

namespace innate::host {
namespace {

using engine::SchemaError;

/// JSON where it is JSON; a text where it does not even begin like an object, a list or a quoted text.
Json value_of(const std::string& written, const std::string& where) {
  try {
    return parse(written, where);
  } catch (const ParseError&) {
    if (!written.empty() && std::string("{[\"").find(written[0]) != std::string::npos) throw;
    return written;
  }
}

/// What comes from a shell may be any bytes.
void check_utf8(const std::string& text) {
  try {
    Json(text).dump();
  } catch (const Json::type_error&) {
    throw SchemaError("--set", "this assignment is not UTF-8 text");
  }
}

void refuse_fixed_keys(const std::string& key, const std::string& where) {
  if (key != "innate" && key != "variants") return;
  throw SchemaError(where, "\"" + key + "\" cannot be set from the command line");
}

/// A sweep's keys are paths, which do not merge key by key: it is replaced.
void place(Json& experiment, const Path& path, const Json& value, const std::string& where) {
  if (path == Path{"sweep"} && !value.is_null()) {
    experiment["sweep"] = value;
  } else {
    assign(experiment, path, value, where);
  }
}

}  // namespace

void apply_set(Json& experiment, const std::string& assignment) {
  check_utf8(assignment);
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    throw SchemaError("--set", "found \"" + assignment + "\"; allowed: path.to.key=value");
  }
  const std::string where = "--set " + assignment.substr(0, equals);
  const Path path = parse_path(assignment.substr(0, equals), "--set");
  refuse_fixed_keys(path.front(), where);
  Json changed = check_file(experiment);
  place(changed, path, value_of(assignment.substr(equals + 1), where), where);
  try {
    experiment = check_file(changed);
  } catch (const SchemaError& error) {
    blame(error, path_text(changed, path), where);
  }
}

}  // namespace innate::host
