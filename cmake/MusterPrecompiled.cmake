# Headers of others that most files of a target include, read once for all of them. Without a compiler cache only: with
# one (as when developing) every file is compiled as it stands, so what it forgets to include comes to light.
function(muster_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
