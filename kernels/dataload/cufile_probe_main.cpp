// muster-cufile-probe LIBRARY: opens and closes cuFile's driver, in a process that may hang or die in it.
// Some libraries (1.15 to 1.20 were seen) look for the list of modules without end where there is none. Exit
// code 0, or 1 with the reason on standard output.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kernels/dataload/cufile_types.hpp"

#ifndef MUSTER_MODULE_LIST
#define MUSTER_MODULE_LIST "/proc/modules"
#endif

using muster::cuda::CufileStatus;

int main(int argc, char** argv) {
  if (argc != 2) return std::puts("usage: muster-cufile-probe LIBRARY"), 2;
  if (access(MUSTER_MODULE_LIST, R_OK) != 0)
    return std::printf("%s: %s", MUSTER_MODULE_LIST, std::strerror(errno)), 1;
  void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::printf("%s", dlerror()), 1;
  auto const open = reinterpret_cast<CufileStatus (*)()>(dlsym(library, "cuFileDriverOpen"));
  auto const close = reinterpret_cast<CufileStatus (*)()>(dlsym(library, "cuFileDriverClose_v2"));
  if (open == nullptr || close == nullptr) return std::printf("%s lacks cuFile's driver", argv[1]), 1;
  auto const status = open();
  if (status.error != 0) return std::printf("cuFileDriverOpen failed (%d)", status.error), 1;
  (void)close();
  return 0;
}
