// Program: what a tape has recorded, for one replica, in a pipeline of your own: on your stream, in your
// memory, in your CUDA graph, with your work between.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "innate/engine/tape.h"

namespace innate::engine {

class INNATE_API Program {
 public:
  /// Takes what `tape` has recorded for the context's backend, plans where arrays lie, and allocates the
  /// state arrays (all 0) and what instructions keep between each other in the context's memory. The context
  /// must outlive the program. Throws Error where the tape is of another backend, or holds no section.
  Program(Context& context, Tape& tape);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  /// The prologue of a section, and `times` times its body. On the CPU it is done when this returns; on CUDA
  /// it has been enqueued on the context's stream: nothing is allocated, uploaded or waited for, so a stream
  /// that is being captured takes it into its graph, and each replay is the next pass, since clocks count on
  /// the device.
  void run(const std::string& section, std::int64_t times = 1);
  /// A section with a pause, in halves: the prologue and the body up to the pause; then the body from there
  /// on. The second without the first before it is an Error.
  void run_to_pause(const std::string& section);
  void run_on(const std::string& section);

  /// Where an array lies that lasts: one of Tape::state, or one that a pause or a call touches. In the
  /// context's memory, for as long as the program lives; readable and settable whenever no run is under way.
  /// Throws Error where there is none of that name, or its elements are of another size.
  template <class T>
  T* data(const std::string& array) {
    return static_cast<T*>(address(array, sizeof(T)));
  }
  float* data(const Variable& array);
  /// Elements of it.
  std::int64_t size(const std::string& array) const;

  /// That the program has allocated: for its state, and for what lies between.
  std::int64_t state_bytes() const;
  std::int64_t scratch_bytes() const;

 private:
  void* address(const std::string& array, std::size_t element_bytes);

  struct Members;
  std::unique_ptr<Members> members_;
};

}  // namespace innate::engine
