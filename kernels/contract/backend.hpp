// A backend: its devices, and its makers by workload name. Both backends, host and cuda, are plug-ins that
// the program loads when wanted, so that it starts in milliseconds and runs where their libraries are
// missing. This folder is all that crosses that border.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/dataset.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

struct OpenOptions {
  int device = 0;  ///< index among this process's visible devices
  std::vector<int>
      cpus{};  ///< CPUs for the rank's team, one thread each; empty: all that the process may use
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  /// Throws DeviceError ("problem (why) remedy") when the devices cannot even be counted: no driver, driver
  /// too old.
  virtual std::vector<DeviceInfo> devices() = 0;
  virtual std::unique_ptr<Device> open(OpenOptions const& options) = 0;
  /// Null where this backend has no such workload (in this build).
  virtual Maker maker(std::string_view workload) const = 0;
  /// Null where this backend has none.
  virtual std::unique_ptr<DatasetTools> dataset_tools() const { return nullptr; }
  /// Libraries in use and their versions: {"CUDA runtime", "13.0"}, {"NCCL", "2.28.9"}.
  virtual std::vector<std::pair<std::string, std::string>> versions() = 0;
};

/// Makers of a plug-in register themselves by workload name: `static MakerRegistration const
/// registration{"gemm", &make};`
class MakerTable {
 public:
  static MakerTable& instance();
  void add(std::string workload, Maker maker) { makers_.emplace(std::move(workload), maker); }
  Maker find(std::string_view workload) const {
    auto const found = makers_.find(workload);
    return found == makers_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, Maker, std::less<>> makers_;
};

struct MakerRegistration {
  MakerRegistration(std::string workload, Maker maker) {
    MakerTable::instance().add(std::move(workload), maker);
  }
};

/// Raised with every change of anything in kernels/contract that both sides see.
inline constexpr int contract_version = 6;

/// What a backend plug-in exports under the name "muster_backend_plugin".
struct BackendPlugin {
  int contract_version;
  char const* build;     ///< the program's own build id; program and plug-in must agree
  Backend* (*create)();  ///< the caller owns the result
};

/// What a group plug-in exports under the name "muster_group_plugin".
struct GroupPlugin {
  int contract_version;
  char const* build;
  /// Joins the group that the launcher set up; the caller owns the result, whose destructor leaves the group.
  Group* (*create)();
  std::string (
      *library)();  ///< "Open MPI 4.1.4": the library as it names itself; may be called before create()
  void (*abort)(int exit_code);  ///< ends every rank of the group at once; does not return
};

}  // namespace muster
