// Suites, models, clusters and sites: TOML that people write. Every fault is reported, none is fatal; a suite
// without faults makes a plan that is within limits.
#include <sys/mman.h>
#include <unistd.h>

#include "harness/plan/cluster_file.hpp"
#include "harness/plan/model.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/site_file.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

namespace {

/// A file that has no name anywhere.
class MemoryFile {
 public:
  MemoryFile(std::uint8_t const* data, std::size_t size) : file_(memfd_create("fuzz", 0)) {
    fuzz::require(file_ >= 0 && write(file_, data, size) == static_cast<ssize_t>(size), "no memory file");
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(MemoryFile const&) = delete;
  MemoryFile& operator=(MemoryFile const&) = delete;
  std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }

 private:
  int file_;
};

template <class Reader>
void read(std::string const& path, Reader reader) {
  fuzz::answered([&] {
    Faults faults(path);
    reader(path, faults);
    faults.throw_if_any();
  });
}

void plan(std::string const& path) {
  fuzz::answered([&] {
    Machine machine;
    machine.backend = "host";
    auto const plan = make_plan(path, Registry::instance(), machine, {});
    fuzz::require(!plan.cases.empty() && plan.launches > 0, "a plan of nothing");
    for (auto const& one : plan.cases)
      fuzz::require(one.sampling_seconds > 0 && one.deadline_seconds > 0, "a case without time", one.name);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  MemoryFile const file(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      plan(file.path());
      break;
    case 1:
      read(file.path(), [](std::string const& path, Faults& faults) { read_cluster(path, faults); });
      break;
    case 2:
      read(file.path(), read_site);
      break;
    default:
      read(file.path(), read_model);
  }
  return 0;
}
