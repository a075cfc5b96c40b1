// A device with a scripted stopwatch, and instances that do as they are told.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "kernels/contract/workload.hpp"

namespace muster {

/// One thread: the caller.
class LoneTeam : public Team {
 public:
  int size() const override { return 1; }
  void run(std::function<void(int)> const& job) override { job(0); }
};

/// Time passes only as `advance` says: every launch of a FakeInstance moves the clock.
class FakeDevice : public Device {
 public:
  FakeDevice() {
    info_.backend = "host";
    info_.name = "fake";
    info_.uuid = "fake-0";
  }
  void advance(double seconds) { now_ += seconds; }
  DeviceInfo const& info() const override { return info_; }
  void* queue() override { return nullptr; }
  void wait() override { calls += 'w'; }
  std::unique_ptr<Stopwatch> stopwatch() override { return std::make_unique<Watch>(now_, calls); }
  Team& team() override { return team_; }
  DeviceState state() override { return {}; }
  DeviceState pulse() override { return {}; }
  std::uint64_t cache_bytes() override { return 0; }
  void evict_caches() override {
    ++evictions;
    calls += 'e';
  }
  void occupy() override { calls += 'o'; }
  std::unique_ptr<Recording> record(std::function<void()> const& enqueue) override {
    if (!records) return nullptr;
    if (auto const fault = recording_fault(); !fault.empty()) throw DeviceError(fault);
    double const before = now_;
    enqueue();
    auto const length = std::exchange(now_, before) - before;  // time passes when it is repeated
    return std::make_unique<Tape>(now_, length, launches_of_recordings);
  }
  std::uint64_t free_memory() override { return 1u << 30; }
  std::optional<Bound> peak_flops(std::string_view) override { return std::nullopt; }
  std::optional<Bound> memory_bandwidth() override { return std::nullopt; }
  std::optional<Bound> link_bandwidth() override { return std::nullopt; }

  int evictions = 0;
  std::string calls{};   ///< in their order: e evict_caches(), o occupy(), s a stopwatch's start(), w wait()
  bool records = false;  ///< does it record launches at all?
  std::function<std::string()> recording_fault = [] { return std::string(); };
  int launches_of_recordings = 0;

 private:
  class Tape : public Recording {
   public:
    Tape(double& now, double length, int& count) : now_(now), length_(length), count_(count) {}
    void launch() override {
      now_ += length_;
      ++count_;
    }

   private:
    double& now_;
    double length_;
    int& count_;
  };

  class Watch : public Stopwatch {
   public:
    Watch(double const& now, std::string& calls) : now_(now), calls_(calls) {}
    void start() override {
      from_ = now_;
      calls_ += 's';
    }
    void stop() override { to_ = now_; }
    double seconds() override { return to_ - from_; }

   private:
    double const& now_;
    std::string& calls_;
    double from_ = 0, to_ = 0;
  };

  DeviceInfo info_;
  LoneTeam team_;
  double now_ = 0;
};

/// What the next FakeInstance does, and what has been done to it.
struct Script {
  double seconds = 0.01;  ///< of one launch
  int launches = 0, launches_before_sampling = 0, resets = 0, verifications = 0, alive = 0;
  Regime regime = Regime::plain;
  bool recordable = false, must_record = false;
  std::string recording_fault{};  ///< what making a recording of it ends with
  std::uint64_t period = 1;
  std::function<std::optional<Fingerprint>(int)> fingerprint = [](int) {
    return std::nullopt;
  };  ///< of this check
  std::function<void()> on_make = [] {};
  std::function<void(int)> on_launch = [](int) {};  ///< told the number of this launch
  std::function<Verdict(int)> on_verify = [](int) {
    return Verdict::judge("fake", 0, 1);
  };  ///< and of this check
};

class FakeInstance : public Instance {
 public:
  FakeInstance(Script& script, FakeDevice& device) : script_(script), device_(device) {
    script.on_make();
    ++script_.alive;
  }
  ~FakeInstance() override { --script_.alive; }
  void reset() override { ++script_.resets; }
  void sampling_begins() override { script_.launches_before_sampling = script_.launches; }
  void launch() override {
    script_.on_launch(++script_.launches);
    device_.advance(script_.seconds);
  }
  Work work() const override { return {100, 200, 0, 0}; }
  Regime regime() const override { return script_.regime; }
  bool recordable() const override { return script_.recordable; }
  bool must_record() const override { return script_.must_record; }
  std::uint64_t period() const override { return script_.period; }
  std::optional<Fingerprint> fingerprint() override { return script_.fingerprint(script_.verifications); }
  Verdict verify() override { return script_.on_verify(++script_.verifications); }
  std::optional<Bound> bound() override { return Bound{"limit", 1e5, "FLOP/s"}; }
  std::vector<Figure> figures() override { return {{"extra", 3, ""}}; }
  std::vector<Matrix> matrices() override { return {{"pairs", "B/s", {"a"}, {"b"}, {7}}}; }

 private:
  Script& script_;
  FakeDevice& device_;
};

}  // namespace muster
