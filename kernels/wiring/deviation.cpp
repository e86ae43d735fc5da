#include <cmath>
#include <vector>

#include "innate/kernels/wiring.h"
#include "kernels/core/check.h"

namespace innate::wiring {

double deviation(int inputs, int outputs, int64_t genes, const float* x, const float* o, const float* y) {
  const char* entry = "wiring/deviation";
  require_positive(entry, "inputs", inputs);
  require_positive(entry, "outputs", outputs);
  require_positive(entry, "genes", genes);
  require_elements(entry, "outputs x genes", outputs, genes);
  require_pointer(entry, "x", x != nullptr);
  require_pointer(entry, "o", o != nullptr);
  require_pointer(entry, "y", y != nullptr);
  std::vector<double> v(static_cast<std::size_t>(genes * outputs));  // O Y^T
  for (int64_t a = 0; a < genes; ++a)
    for (int64_t b = 0; b < genes; ++b)
      for (int j = 0; j < outputs; ++j)
        v[static_cast<std::size_t>(a * outputs + j)] +=
            static_cast<double>(o[a * genes + b]) * y[j * genes + b];
  double sum = 0, squares = 0;
  for (int i = 0; i < inputs; ++i)
    for (int j = 0; j < outputs; ++j) {
      double w = 0;
      for (int64_t a = 0; a < genes; ++a)
        w += x[i * genes + a] * v[static_cast<std::size_t>(a * outputs + j)];
      sum += w;
      squares += w * w;
    }
  const double count = static_cast<double>(inputs) * outputs, mean = sum / count;
  return count > 1 ? std::sqrt(std::fmax(0.0, (squares - count * mean * mean) / (count - 1))) : 0.0;
}

}  // namespace innate::wiring
