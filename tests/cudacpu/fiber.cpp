// The checked longjmp takes another stack for a fault.
#undef _FORTIFY_SOURCE
#include "tests/cudacpu/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#include <utility>

// gcc says __SANITIZE_ADDRESS__, clang says __has_feature.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CUDACPU_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CUDACPU_ASAN 1
#endif

#ifdef CUDACPU_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace cudacpu {
namespace {

// AddressSanitizer must be told of every change of stacks; without it these do nothing.
void announce_switch([[maybe_unused]] void** fake, [[maybe_unused]] void const* bottom,
                     [[maybe_unused]] std::size_t size) {
#ifdef CUDACPU_ASAN
  __sanitizer_start_switch_fiber(fake, bottom, size);
#endif
}

void finish_switch([[maybe_unused]] void* fake, [[maybe_unused]] void const** bottom,
                   [[maybe_unused]] std::size_t* size) {
#ifdef CUDACPU_ASAN
  __sanitizer_finish_switch_fiber(fake, bottom, size);
#endif
}

}  // namespace

Stack::Stack(std::size_t bytes) {
  auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  size_ = (bytes + page - 1) / page * page;
  mapped_ = size_ + page;
  base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(base_, page, PROT_NONE);
  bottom_ = static_cast<char*>(base_) + page;
}

Stack::~Stack() {
  unpoison();
  munmap(base_, mapped_);
}

void Stack::unpoison() const {
#ifdef CUDACPU_ASAN
  __asan_unpoison_memory_region(bottom_, size_);
#endif
}

Fiber::Fiber(Stack const& stack, std::function<void()> body) : stack_(stack), body_(std::move(body)) {
  stack_.unpoison();
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_.bottom();
  inside_.uc_stack.ss_size = stack_.size();
  inside_.uc_link = nullptr;  // start() never returns
  // makecontext passes ints only.
  auto const self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::start), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self & 0xffffffffu));
}

void Fiber::start(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32) | low);
  self->arrive(nullptr);
  self->body_();
  self->done_ = true;
  announce_switch(nullptr, self->outside_bottom_, self->outside_size_);
  self->go_out();
}

void Fiber::arrive(void* fake_stack) { finish_switch(fake_stack, &outside_bottom_, &outside_size_); }

// swapcontext sets the signal mask, by a call into the kernel, which takes longer than all else here; jumps
// do not. AddressSanitizer's own longjmp wants to know nothing of other stacks.
#ifdef CUDACPU_ASAN
void Fiber::go_in() { swapcontext(&outside_, &inside_); }
void Fiber::go_out() { swapcontext(&inside_, &outside_); }
#else
void Fiber::go_in() {
  if (_setjmp(outside_place_) != 0) return;
  if (std::exchange(started_, true)) _longjmp(inside_place_, 1);
  setcontext(&inside_);
}

void Fiber::go_out() {
  if (_setjmp(inside_place_) == 0) _longjmp(outside_place_, 1);
}
#endif

void Fiber::enter() {
  announce_switch(&outside_fake_, stack_.bottom(), stack_.size());
  go_in();
  finish_switch(outside_fake_, nullptr, nullptr);
}

void Fiber::leave() {
  announce_switch(&inside_fake_, outside_bottom_, outside_size_);
  go_out();
  arrive(inside_fake_);
}

}  // namespace cudacpu
