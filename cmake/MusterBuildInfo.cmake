# harness/core/build_info.cpp, made anew whenever the checkout's state has changed.
set(MUSTER_BUILD_INFO ${CMAKE_BINARY_DIR}/generated/build_info.cpp)
add_custom_target(muster_build_info_file
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${MUSTER_BUILD_INFO} -DVERSION=${PROJECT_VERSION}
          "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
          -DHAS_CUDA=$<BOOL:${MUSTER_CUDA}> -P ${CMAKE_SOURCE_DIR}/cmake/WriteBuildInfo.cmake
  BYPRODUCTS ${MUSTER_BUILD_INFO} VERBATIM)
add_library(muster_build_info OBJECT ${MUSTER_BUILD_INFO})
add_dependencies(muster_build_info muster_build_info_file)
