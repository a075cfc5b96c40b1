# Headers of others that most files of a target include, read once for all of them. Not with a compiler cache (as when
# developing), which knows files as they stand.
set(muster_common_headers <fmt/format.h> <algorithm> <array> <atomic> <chrono> <condition_variable> <cmath> <cstdint> <filesystem>
  <fstream> <functional> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view> <thread> <tuple>
  <utility> <variant> <vector>)

# muster_precompile(TARGET headers...): for clang, under sanitizers. What is timed is compiled as it stands.
function(muster_precompile target)
  if((MUSTER_SANITIZE OR MUSTER_FUZZ) AND CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${muster_common_headers} ${ARGN})
  endif()
endfunction()

# muster_precompile_tests(TARGET headers...): for GCC too, of tests that clang compiles as well, under sanitizers. GCC 12
# then sees faults in sound code, so its warnings are no errors; clang's are, and GCC's where there is a cache.
function(muster_precompile_tests target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${muster_common_headers} ${ARGN})
    target_compile_options(${target} PRIVATE -Wno-error)
  else()
    muster_precompile(${target} ${ARGN})
  endif()
endfunction()
