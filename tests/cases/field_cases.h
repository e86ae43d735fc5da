// Maps and fields: strides, paddings wider than a field, 1 x 1, fields as large as the map, one channel,
// sizes at and around the tiles of both backends.
#pragma once

#include <cstdint>
#include <vector>

#include "innate/kernels/field.h"

namespace innate::cases {

struct Field {
  const char* name;
  bool small;  // fit for the SIMT executor
  int replicas;
  field::Geometry geometry;
  int64_t columns;
};

inline const std::vector<Field>& field() {
  static const std::vector<Field> cases = {
      {"small_1x1", true, 1, {1, 1, 1, 1, 1, 0, 1}, 1},
      {"small_fields_of_1", true, 2, {3, 4, 2, 1, 1, 0, 5}, 7},
      {"small_padded", true, 2, {5, 4, 1, 3, 1, 1, 6}, 33},
      {"small_stride_2", true, 1, {7, 6, 3, 3, 2, 1, 7}, 17},
      {"small_padding_wider_than_a_field", true, 2, {3, 2, 2, 2, 1, 3, 3}, 5},
      {"small_larger_than_the_map", true, 1, {2, 3, 1, 5, 1, 2, 17}, 16},
      {"small_stride_past_a_field", true, 1, {7, 7, 1, 2, 3, 0, 2}, 4},
      {"small_whole_map", true, 2, {3, 3, 5, 3, 1, 0, 8}, 31},
      {"small_17_channels", true, 1, {3, 3, 17, 2, 1, 0, 33}, 9},
      {"lenet_1", false, 1, {28, 28, 1, 5, 1, 2, 6}, 128},
      {"lenet_2", false, 2, {14, 14, 6, 5, 1, 0, 16}, 150},
  };
  return cases;
}

}  // namespace innate::cases
