// What the checker remembers about memory: for every byte who wrote it last and who read it last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simt::detail {

/// One access: where in the code, by which thread and when.
struct Stamp {
  const void* code = nullptr;
  std::uint32_t interval =
      0;  // number of the stretch between two block barriers, unique in the process; 0: never
  std::uint32_t thread : 10 = 0;  // in its block
  std::uint32_t atomic : 1 = 0;
  std::uint32_t clock : 21 = 0;  // the thread's count of warp synchronisations within the interval
};

struct Cell {
  Stamp write;
  Stamp read;
  Stamp earlier_read;  // the last read by another thread than `read`'s
  bool initialised = false;
  bool split = false;      // see Shadow
  bool under_way = false;  // `write` is a copy that has not landed
};

/// A cell for every byte. Most accesses are whole, aligned words of 4 bytes: until somebody touches a part of
/// a word, the cell of its first byte stands for all four.
class Shadow {
 public:
  /// False: nothing is known about this memory.
  bool tracks(std::size_t bytes) const { return cells_.size() >= bytes; }
  void track(std::size_t bytes, bool initialised) {
    Cell cell;
    cell.initialised = initialised;
    cells_.assign((bytes + 3) / 4 * 4, cell);
  }

  /// body(cell, offset) for the cells of the bytes [offset, offset + bytes).
  template <class Body>
  void visit(std::size_t offset, std::size_t bytes, Body body) {
    const std::size_t end = offset + bytes;
    for (std::size_t at = offset; at < end;) {
      Cell* word = &cells_[at & ~std::size_t{3}];
      const bool whole = at % 4 == 0 && at + 4 <= end;
      if (!whole && !word->split) split(word);
      body(cells_[at], at);
      at += word->split ? 1 : 4;
    }
  }

 private:
  static void split(Cell* word) {
    word[0].split = true;
    for (int byte = 1; byte < 4; ++byte) word[byte] = word[0];
  }

  std::vector<Cell> cells_;
};

}  // namespace simt::detail
