#include "fiber.h"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

#if !defined(__x86_64__)
#error "the SIMT executor switches stacks with x86-64 instructions"
#endif

namespace simt::detail {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStride =
    kStackBytes + kPage;  // a page without access below each stack stops an overflow

Fiber* left = nullptr;  // the fiber that the last switch came from

/// All stacks in one mapping; the kernel gives them memory as they grow.
char* stack_area() {
  static char* const area = [] {
    void* memory = mmap(nullptr, kMaxFibers * kStride, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<char*>(memory);
  }();
  return area;
}

char* stack_number(int number) {
  static std::array<bool, kMaxFibers> guarded;
  char* slot = stack_area() + static_cast<std::size_t>(number) * kStride;
  if (!guarded[static_cast<std::size_t>(number)]) {
    if (mprotect(slot, kPage, PROT_NONE) != 0) throw std::bad_alloc();
    guarded[static_cast<std::size_t>(number)] = true;
  }
  return slot + kPage;
}

/// Saves what a function call must keep (System V ABI; not the rounding mode) and continues on the other
/// stack.
__attribute__((naked, noinline, no_sanitize("address", "thread", "undefined"))) void exchange_stacks(
    void** /* rdi: where to leave the stack pointer */, void* /* rsi: the stack pointer to take */) {
  __asm__ volatile(
      "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n"
      "movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
      "ret\n");
}

}  // namespace

void Fiber::start(int stack, void (*entry)()) {
  stack_ = stack_number(stack);
  stack_bytes_ = kStackBytes;
  fake_stack_ = nullptr;
  ASAN_UNPOISON_MEMORY_REGION(stack_, stack_bytes_);
  // Tops are staggered, so that the same frame of different fibers does not fall into the same cache set.
  auto top = reinterpret_cast<std::uintptr_t>(stack_) + stack_bytes_ -
             static_cast<std::size_t>(stack) * 7 % 16 * 192;
  auto** words = reinterpret_cast<void**>(top & ~std::uintptr_t{63});
  *--words = nullptr;  // entry's return address: unwinding stops here
  *--words = reinterpret_cast<void*>(entry);
  for (int saved_register = 0; saved_register < 6; ++saved_register) *--words = nullptr;
  stack_pointer_ = words;
}

void Fiber::jump(Fiber& from, Fiber& to, [[maybe_unused]] bool from_ends) {
  left = &from;
#if SIMT_ASAN
  __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack_, to.stack_, to.stack_bytes_);
#endif
  exchange_stacks(&from.stack_pointer_, to.stack_pointer_);
#if SIMT_ASAN
  __sanitizer_finish_switch_fiber(from.fake_stack_, &left->stack_, &left->stack_bytes_);
#endif
}

void Fiber::switch_to(Fiber& from, Fiber& to) { jump(from, to, false); }

void Fiber::arrived() {
#if SIMT_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &left->stack_, &left->stack_bytes_);
#endif
}

void Fiber::leave(Fiber& from, Fiber& to) {
  jump(from, to, true);
  std::abort();  // nobody goes on with a fiber that has ended
}

bool Fiber::on_any_stack(const void* address) {
  const char* area = stack_area();
  return static_cast<std::size_t>(static_cast<const char*>(address) - area) < kMaxFibers * kStride;
}

}  // namespace simt::detail
