// A journal's sign of life while nothing happens that is worth a line.
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "harness/record/journal.hpp"

namespace muster {

/// A thread that writes a Heartbeat now and then, as long as it lives. A folder that is full costs a beat, no
/// more: whoever writes something that counts says so.
class Heart {
 public:
  Heart(JournalWriter& journal, std::string node, double seconds = 10);
  ~Heart();
  Heart(Heart const&) = delete;
  Heart& operator=(Heart const&) = delete;

 private:
  void beat();

  JournalWriter& journal_;
  std::string node_;
  double seconds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace muster
