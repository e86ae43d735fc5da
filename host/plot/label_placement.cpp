#include "host/plot/label_placement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace innate::host {
namespace {

constexpr double beside = 13;         // from a symbol's centre to a label that stands next to it
constexpr double symbol_radius = 10;  // what a leader leaves free around its symbol
constexpr double spacing = 4;         // between the points that stand for a line

Box box_of(Pixel start, TextSize size) {
  return {start.x - 3, start.y - size.height / 2, start.x + size.width + 3, start.y + size.height / 2};
}

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.bottom < b.top && b.bottom < a.top;
}

Pixel nearest_in(const Box& box, Pixel to) {
  return {std::clamp(to.x, box.left, box.right), std::clamp(to.y, box.bottom, box.top)};
}

double distance(Pixel a, Pixel b) { return std::hypot(b.x - a.x, b.y - a.y); }

Pixel between(Pixel a, Pixel b, double share) {
  return {a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)};
}

std::optional<Leader> leader_to(const Box& text, Pixel center) {
  const Pixel end = nearest_in(text, center);
  const double length = distance(center, end);
  if (length < 1.6 * beside) return std::nullopt;
  return Leader{between(center, end, symbol_radius / length), end};
}

}  // namespace

void LabelPlacement::avoid_line(Pixel a, Pixel b) {
  const int pieces = 1 + static_cast<int>(distance(a, b) / spacing);
  for (int i = 0; i <= pieces; ++i) obstacles_.push_back(between(a, b, static_cast<double>(i) / pieces));
}

void LabelPlacement::avoid_symbol(Pixel center) {
  for (const double dx : {-7.0, 0.0, 7.0})
    for (const double dy : {-7.0, 0.0, 7.0}) obstacles_.push_back({center.x + dx, center.y + dy});
}

void LabelPlacement::avoid_labelled_symbol(Pixel center) {
  avoid_symbol(center);
  labelled_.push_back(center);
}

// Right, left, above, below, then the four corners; those above and below are pushed into the frame.
std::vector<Pixel> LabelPlacement::starts_around(Pixel center, double gap, TextSize size) const {
  const double right = center.x + gap, left = center.x - gap - size.width;
  const double middle =
      std::max(frame_.left + 6, std::min(center.x - size.width / 2, frame_.right - size.width - 6));
  const double above = center.y + gap + size.height / 2, below = center.y - gap - size.height / 2;
  return {{right, center.y}, {left, center.y}, {middle, above}, {middle, below},
          {right, above},    {right, below},   {left, above},   {left, below}};
}

double LabelPlacement::covered(const Box& box) const {
  const auto inside = [&](Pixel p) {
    return p.x > box.left && p.x < box.right && p.y > box.bottom && p.y < box.top;
  };
  return static_cast<double>(std::count_if(obstacles_.begin(), obstacles_.end(), inside));
}

double LabelPlacement::crossed(const Leader& leader) const {
  const Box around{std::min(leader.from.x, leader.to.x) - 2, std::min(leader.from.y, leader.to.y) - 2,
                   std::max(leader.from.x, leader.to.x) + 2, std::max(leader.from.y, leader.to.y) + 2};
  return covered(around);
}

// A reader takes a label for that of the symbol next to it.
double LabelPlacement::claimed_by_others(const Box& box, Pixel center) const {
  const auto close = [&](Pixel other) {
    return distance(other, center) > 0 && distance(other, nearest_in(box, other)) < 2 * beside;
  };
  return static_cast<double>(std::count_if(labelled_.begin(), labelled_.end(), close));
}

double LabelPlacement::cost(const Box& box) const {
  double sum = covered(box);
  for (const auto& other : taken_) sum += overlap(box, other) ? 1000 : 0;
  const bool outside = box.left < frame_.left || box.right > frame_.right || box.bottom < frame_.bottom ||
                       box.top > frame_.top;
  return sum + (outside ? 10000 : 0);
}

Pixel LabelPlacement::beside_symbol(Pixel center, TextSize size, std::optional<Leader>& leader) {
  double least = std::numeric_limits<double>::infinity();
  Pixel best{};
  for (const double gap : {beside, 30.0, 55.0, 85.0})
    for (const Pixel start : starts_around(center, gap, size)) {
      const Box box = box_of(start, size);
      const auto line = leader_to(box, center);
      const double total =
          cost(box) + 30 * claimed_by_others(box, center) + (line ? crossed(*line) : 0) + gap / 100;
      if (total >= least) continue;
      least = total;
      best = start;
      leader = line;
    }
  taken_.push_back(box_of(best, size));
  return best;
}

Pixel LabelPlacement::along_line(double y, double distance, TextSize size) {
  const double room = frame_.right - frame_.left - size.width;
  double least = std::numeric_limits<double>::infinity();
  Pixel best{};
  for (const double share : {0.985, 0.75, 0.5, 0.25, 0.015})
    for (const double side : {1.0, -1.0}) {
      const Pixel start{frame_.left + share * room, y + side * (distance + size.height / 2)};
      const double total = cost(box_of(start, size));
      if (total >= least) continue;
      least = total;
      best = start;
    }
  taken_.push_back(box_of(best, size));
  return best;
}

}  // namespace innate::host
