#pragma once

#include <optional>
#include <string>
#include <vector>

namespace innate::host {

/// Finds places for labels where they cover no curve, no symbol and no other label. All in pixels, y upwards.
struct Pixel {
  double x, y;
};

struct Box {
  double left, bottom, right, top;
};

/// Text that is centred vertically on `start.y` and begins at `start.x`.
struct PlacedText {
  std::string text;
  Pixel start;
};

/// A thin line from what a label is about to a label that found no room beside it.
struct Leader {
  Pixel from, to;
};

struct TextSize {
  double width, height;
};

class LabelPlacement {
 public:
  explicit LabelPlacement(const Box& frame) : frame_(frame) {}

  /// First all that is drawn,
  void avoid_line(Pixel a, Pixel b);
  void avoid_symbol(Pixel center);
  /// a symbol that is going to have a label, so that no other label stands next to it,
  void avoid_labelled_symbol(Pixel center);

  /// then the labels, one after the other. Close to a symbol, with a leader where it cannot be very close:
  Pixel beside_symbol(Pixel center, TextSize size, std::optional<Leader>& leader);
  /// above or below a horizontal line from one side of the frame to the other, `distance` away from it:
  Pixel along_line(double y, double distance, TextSize size);

 private:
  std::vector<Pixel> starts_around(Pixel center, double gap, TextSize size) const;
  double covered(const Box& box) const;
  double crossed(const Leader& leader) const;
  double claimed_by_others(const Box& box, Pixel center) const;
  double cost(const Box& box) const;

  Box frame_;
  std::vector<Pixel> obstacles_, labelled_;
  std::vector<Box> taken_;
};

}  // namespace innate::host
