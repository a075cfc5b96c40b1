# Third-party libraries, each with the room that may use it (held by tests/architecture).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(benchmark REQUIRED)      # harness/measure
find_package(CLI11 REQUIRED)          # harness/app
find_package(nlohmann_json REQUIRED)  # harness/record
find_package(tomlplusplus REQUIRED)   # harness/plan
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)          # harness/record: SHA-256
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)       # kernels/dataload: record hashes
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg) # kernels/dataload: encoding (data generator)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)           # kernels/dataload: decoding, by libjpeg-turbo
pkg_check_modules(URING IMPORTED_TARGET liburing)                  # kernels/dataload: optional read engine
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)      # kernels/gemm, host side
find_package(dnnl CONFIG REQUIRED)                                 # kernels/gemm, host side
find_package(OpenMP REQUIRED COMPONENTS CXX)                        # kernels/gemm, host side: oneDNN's threads
# harness/project/simulate: optional program muster-simulate, linked dynamically (LGPL-2.1). 4.x has other calls.
set(MUSTER_SIMGRID AUTO CACHE STRING "Build muster-simulate, with SimGrid 3.32 or later 3.x: AUTO (where it is), ON, OFF")
set_property(CACHE MUSTER_SIMGRID PROPERTY STRINGS AUTO ON OFF)
if(MUSTER_SIMGRID STREQUAL "ON")
  pkg_check_modules(SIMGRID REQUIRED IMPORTED_TARGET simgrid>=3.32 simgrid<4)
elseif(MUSTER_SIMGRID STREQUAL "AUTO" AND NOT MUSTER_SANITIZE)  # its coroutines and sanitizers do not go together
  pkg_check_modules(SIMGRID QUIET IMPORTED_TARGET simgrid>=3.32 simgrid<4)
endif()
find_package(MPI COMPONENTS CXX)                                   # harness/group/mpi: optional plug-in
