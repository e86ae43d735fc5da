#pragma once

#include <stdexcept>

namespace innate::host {

/// A picture cannot be drawn. The text says why and what to do.
struct PlotError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace innate::host
