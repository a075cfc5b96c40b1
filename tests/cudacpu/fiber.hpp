// A fibre: a function with a stack of its own that can be left in the middle and gone on with later.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace cudacpu {

/// Memory for one stack, with a page below it that faults, so that an overflow is a crash and no silent
/// damage.
class Stack {
 public:
  explicit Stack(std::size_t bytes);
  ~Stack();
  Stack(Stack const&) = delete;
  Stack& operator=(Stack const&) = delete;
  void* bottom() const { return bottom_; }
  std::size_t size() const { return size_; }
  /// Forgets what an abandoned fibre has left of AddressSanitizer's marks.
  void unpoison() const;

 private:
  void* base_ = nullptr;
  void* bottom_ = nullptr;
  std::size_t mapped_ = 0, size_ = 0;
};

/// Runs `body` on an own stack. enter() goes there and comes back when body calls leave(), or has returned
/// (then done()). A fibre stays on the host thread that made it. `body` must let no exception out. A fibre
/// that is destroyed before it is done is dropped where it stands: destructors of what lives on its stack do
/// not run.
class Fiber {
 public:
  Fiber(Stack const& stack, std::function<void()> body);
  void enter();
  void leave();
  bool done() const { return done_; }

 private:
  static void start(unsigned high, unsigned low);
  void arrive(void* fake_stack);
  void go_in();
  void go_out();

  Stack const& stack_;
  std::function<void()> body_;
  ucontext_t inside_{};
  [[maybe_unused]] ucontext_t outside_{};
  [[maybe_unused]] jmp_buf inside_place_{}, outside_place_{};
  [[maybe_unused]] bool started_ = false;
  void const* outside_bottom_ = nullptr;
  std::size_t outside_size_ = 0;
  void* outside_fake_ = nullptr;
  void* inside_fake_ = nullptr;
  bool done_ = false;
};

}  // namespace cudacpu
