// `innate data list | fetch | verify`: the published sets, and what of them is here.
#pragma once

#include <string>
#include <vector>

namespace innate::host {

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

}  // namespace innate::host
