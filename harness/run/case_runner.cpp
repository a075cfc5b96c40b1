#include "harness/run/case_runner.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <utility>

namespace muster {
namespace {

/// The status and the message that an exception stands for.
std::pair<CaseStatus, std::string> classify(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (Unsupported const& e) {
    return {CaseStatus::unsupported, e.what()};
  } catch (OutOfMemory const& e) {
    return {CaseStatus::out_of_memory, e.what()};
  } catch (BadInput const& e) {
    return {CaseStatus::bad_input, e.what()};
  } catch (DeviceError const& e) {
    return {CaseStatus::device_error, e.what()};
  } catch (PeerFault const& e) {
    return {CaseStatus::not_run, e.what()};
  } catch (std::bad_alloc const&) {
    return {CaseStatus::out_of_memory, "memory ran out (an allocation failed) use smaller parameters"};
  } catch (std::exception const& e) {
    return {CaseStatus::internal, e.what()};
  }
}

}  // namespace

CaseRunner::CaseRunner(PlannedCase const& planned, Workload const& workload, Maker maker, Context& context,
                       PhaseListener listener)
    : planned_(planned),
      workload_(workload),
      maker_(maker),
      context_(context),
      listener_(std::move(listener)) {
  budget_.seconds = planned.sampling_seconds;
  budget_.soak_seconds = planned.soak_seconds;
  context_.note = [this](std::string warning) { record_.warnings.push_back(std::move(warning)); };
}

void CaseRunner::phase(std::string const& name) {
  if (!failed_) record_.phase = name;
  listener_(name);
}

void CaseRunner::attempt(std::function<void()> const& step) {
  if (failed_) return;
  try {
    step();
  } catch (std::exception const&) {
    std::tie(record_.status, record_.message) = classify(std::current_exception());
    failed_ = true;
  }
}

void CaseRunner::verify() {
  attempt([this] {
    record_.verification = instance_->verify();
    if (record_.verification.ok()) return compare_bits();
    failed_ = true;
    record_.status = CaseStatus::wrong;
    record_.message = record_.verification.method + ": " + record_.verification.detail;
  });
}

/// What was right before sampling and has other bits after it was computed wrongly once.
void CaseRunner::compare_bits() {
  auto const fingerprint = instance_->fingerprint();
  if (!fingerprint) return;
  bool const other = record_.fingerprint && record_.fingerprint->made_by == fingerprint->made_by &&
                     record_.fingerprint->value != fingerprint->value;
  if (other) {
    record_.verification = Verdict::judge(
        "bitwise checksum", 1, 0,
        fmt::format(
            "bits differ between two checks of the same launch on the same device ({:016x}, then {:016x})",
            record_.fingerprint->value, fingerprint->value));
    failed_ = true;
    record_.status = CaseStatus::wrong;
    record_.message = record_.verification.method + ": " + record_.verification.detail;
  }
  record_.fingerprint = fingerprint;
}

bool CaseRunner::anyone_failed() { return context_.group.max(failed_ ? 1.0 : 0.0) > 0; }

bool CaseRunner::give_up() {
  if (workload_.scope == Scope::each_rank)
    return -context_.group.max(failed_ ? -1.0 : 0.0) > 0;  // all have failed
  bool const stop = anyone_failed();
  if (stop && !failed_) {
    record_.status = CaseStatus::not_run;
    record_.message = "another rank failed in this case";
    failed_ = true;
  }
  return stop;
}

void CaseRunner::measure() {
  Sampler sampler(context_.device, context_.group, workload_.scope, budget_);
  if (failed_) {
    sampler.sit_out();
  } else {
    attempt([&] { keep(sampler.run(planned_.name, *instance_)); });
  }
  if (!planned_.alone || workload_.scope != Scope::each_rank || context_.group.size() < 2) return;
  phase("sample alone");
  // A rank that has failed takes part all the same: the others wait for each turn to end.
  std::vector<double> alone;
  bool const failed_before = std::exchange(failed_, false);
  attempt([&] { alone = sampler.alone(); });
  failed_ = failed_ || failed_before;
  record_.alone_seconds = std::move(alone);
}

void CaseRunner::keep(Samples samples) {
  record_.sample_seconds = std::move(samples.own_seconds);
  record_.group_seconds = std::move(samples.group_seconds);
  record_.ops_per_sample = samples.ops_per_sample;
  record_.before = std::move(samples.before);
  record_.after = std::move(samples.after);
  record_.conditions = std::move(samples.conditions);
  for (auto& warning : samples.warnings) record_.warnings.push_back(std::move(warning));
}

void CaseRunner::describe() {
  attempt([this] {
    record_.work = instance_->work();
    record_.bound = instance_->bound();
    record_.figures = instance_->figures();
    record_.matrices = instance_->matrices();
    record_.facts = instance_->facts();
    record_.status = CaseStatus::ok;
  });
}

RankRecord CaseRunner::run() {
  record_.rank = context_.group.rank();
  record_.device = context_.device.info().index;
  record_.device_uuid = context_.device.info().uuid;
  phase("set up");
  attempt([this] { instance_ = maker_(planned_.params, context_); });
  if (!give_up()) {
    phase("verify");
    verify();
    if (!give_up()) {
      phase("sample");
      measure();
      phase("verify again");
      verify();
      if (!give_up()) describe();
    }
  }
  if (record_.status != CaseStatus::ok) {  // a case that failed has no number
    record_.sample_seconds.clear();
    record_.group_seconds.clear();
    record_.alone_seconds.clear();
    record_.conditions = {};
  }
  instance_.reset();
  return std::move(record_);
}

}  // namespace muster
