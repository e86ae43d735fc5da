#include "access.h"

#include "block.h"
#include "checker.h"
#include "counter.h"

namespace simt::detail {

void access(const void* address, std::size_t bytes, Access kind, const void* code) {
  LibraryScope scope;
  if (bytes == 0) return;
  if (running.counted) counter.access(address, bytes, kind, code);
  if (running.checked) checker.access(address, bytes, kind, code);
}

}  // namespace simt::detail
