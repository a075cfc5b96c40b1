// What this program was built from; filled in by the build (see cmake/).
#pragma once

namespace muster {

struct BuildInfo {
  char const* version;
  char const* commit;  ///< short hash, or "unknown" outside a git checkout
  bool dirty;
  char const* id;  ///< program and plug-ins of one build share it
  char const* compiler;
  char const* build_type;
  bool has_cuda;  ///< a cuda plug-in was built along
};
BuildInfo const& build_info();

}  // namespace muster
