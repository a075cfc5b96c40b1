#include "kernels/collective/bounded.hpp"

#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace muster {

bool returns_within(std::chrono::milliseconds limit, std::function<void()> work) {
  auto const done = std::make_shared<std::promise<void>>();
  auto const returned = done->get_future();
  std::thread([done, work = std::move(work)] {
    work();
    done->set_value();
  }).detach();
  return returned.wait_for(limit) == std::future_status::ready;
}

}  // namespace muster
