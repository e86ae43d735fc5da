// Options: the fields of a component, as an experiment names them, for programs that have no JSON.
//
//   make_genome({{"type", "..."}, {"genes", 5}, {"initial", Options{{"width", 0.3}}}})
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"

namespace innate::engine {

struct Option;

/// Fields by name, in any order. What is left out has the value that an experiment would give it.
struct INNATE_API Options {
  Options() = default;
  Options(std::initializer_list<std::pair<std::string, Option>> list);

  std::vector<std::pair<std::string, Option>> fields;
};

/// One field's value: a truth, a whole number, a number, a word, words, or fields of its own.
struct Option {
  template <class Number, class = std::enable_if_t<std::is_arithmetic<Number>::value>>
  Option(Number number) {
    if constexpr (std::is_same<Number, bool>::value)
      value = number;
    else if constexpr (std::is_integral<Number>::value)
      value = static_cast<std::int64_t>(number);
    else
      value = static_cast<double>(number);
  }
  Option(const char* word) : value(std::string(word)) {}
  Option(std::string word) : value(std::move(word)) {}
  Option(std::vector<std::string> words) : value(std::move(words)) {}
  Option(Options of_its_own) : value(std::move(of_its_own)) {}

  std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, Options> value;
};

inline Options::Options(std::initializer_list<std::pair<std::string, Option>> list) : fields(list) {}

/// A field that is not allowed. `path` says which, such as `genome.initial.width`, in JSON
/// `variants[1].set.genome.genes`.
class INNATE_API SchemaError : public Error {
 public:
  SchemaError(std::string path, const std::string& message)
      : Error(path.empty() ? message : path + ": " + message), path_(std::move(path)), message_(message) {}
  const std::string& path() const { return path_; }
  const std::string& message() const { return message_; }  // what() without the path

 private:
  std::string path_, message_;
};

}  // namespace innate::engine
