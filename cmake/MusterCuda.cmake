# The cuda backend's plug-in, lib/libmuster_cuda.so. Its own kernels for sm_80 and sm_90, plus PTX for what comes later.
# Linked: the CUDA runtime (shared). Never linked: the driver. Opened when a case wants them: cuBLASLt, cuBLAS, NVML, NCCL,
# nvJPEG; of these only the headers are needed here.
set(MUSTER_CUDA_EXTRA "" CACHE PATH "Folder with include/: NVIDIA headers that the toolkit lacks (nvml.h, nvjpeg.h, nccl.h)")
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 80-virtual)
endif()
enable_language(CUDA)
# CMake before 3.28 does not know nvcc's C++20 and would drop the standard silently.
if(CMAKE_CUDA_COMPILER_ID STREQUAL "NVIDIA" AND NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
  set(CMAKE_CUDA20_COMPILE_FEATURES cuda_std_20)
endif()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
# CMake 3.25 sets a property on this target even where the toolkit has no such library, as CUDA 13, and then fails.
if(CMAKE_VERSION VERSION_LESS 3.26 AND NOT TARGET CUDA::nvToolsExt)
  add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
endif()
find_package(CUDAToolkit 12.2 REQUIRED)

# muster_cuda_header(VARIABLE header): its folder, beside the toolkit's own or in MUSTER_CUDA_EXTRA. Looked for anew
# each time, since the extra folder may have been filled meanwhile.
function(muster_cuda_header variable header)
  unset(${variable} CACHE)
  set(extra)
  if(MUSTER_CUDA_EXTRA)
    set(extra ${MUSTER_CUDA_EXTRA}/include)
  endif()
  find_path(${variable} ${header} HINTS ${CUDAToolkit_INCLUDE_DIRS} ${extra})
endfunction()
muster_cuda_header(MUSTER_NVML_INCLUDE nvml.h)
muster_cuda_header(MUSTER_NCCL_INCLUDE nccl.h)
muster_cuda_header(MUSTER_NVJPEG_INCLUDE nvjpeg.h)

file(GLOB_RECURSE muster_cuda_kernels CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/kernels/*_cuda.cpp ${CMAKE_SOURCE_DIR}/kernels/*.cu)
file(GLOB muster_cuda_device CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/harness/device/cuda/*.cpp)
set(device ${CMAKE_SOURCE_DIR}/harness/device)
list(APPEND muster_cuda_device ${device}/vendor_libraries.cpp ${device}/host/host_team.cpp ${device}/host/affinity.cpp)

set(muster_cuda_includes)
if(MUSTER_NVML_INCLUDE)
  list(APPEND muster_cuda_includes ${MUSTER_NVML_INCLUDE})
  file(GLOB nvml CONFIGURE_DEPENDS ${device}/nvml/*.cpp)
  list(FILTER nvml EXCLUDE REGEX "/absent\\.cpp$")
  list(APPEND muster_cuda_device ${nvml})
else()
  message(STATUS "No nvml.h found: the cuda backend will not read clocks, power and temperature (see MUSTER_CUDA_EXTRA)")
  list(APPEND muster_cuda_device ${device}/nvml/absent.cpp)
endif()
if(MUSTER_NCCL_INCLUDE)
  list(APPEND muster_cuda_includes ${MUSTER_NCCL_INCLUDE})
else()
  message(STATUS "No nccl.h found: no collectives on the cuda backend (see MUSTER_CUDA_EXTRA)")
  list(FILTER muster_cuda_kernels EXCLUDE REGEX "/kernels/collective/")
endif()
if(MUSTER_NVJPEG_INCLUDE)
  list(APPEND muster_cuda_includes ${MUSTER_NVJPEG_INCLUDE})
else()
  message(STATUS "No nvjpeg.h found: no data loading on the cuda backend (see MUSTER_CUDA_EXTRA)")
  list(FILTER muster_cuda_kernels EXCLUDE REGEX "/kernels/dataload/")
endif()
if(NOT MUSTER_NCCL_INCLUDE OR NOT MUSTER_NVJPEG_INCLUDE)
  message(STATUS "No training step on the cuda backend: it is made of collectives and data loading")
  list(FILTER muster_cuda_kernels EXCLUDE REGEX "/kernels/train_step/")
endif()
# The toolkit's own folder is there already, and as a system folder must not come twice.
list(REMOVE_DUPLICATES muster_cuda_includes)
list(REMOVE_ITEM muster_cuda_includes ${CUDAToolkit_INCLUDE_DIRS} /usr/include)

add_library(muster_cuda_objects OBJECT ${muster_cuda_kernels} ${muster_cuda_device})
target_include_directories(muster_cuda_objects SYSTEM PRIVATE ${muster_cuda_includes})
target_compile_options(muster_cuda_objects PRIVATE
  "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Werror all-warnings -Xcompiler=-Wall,-Wextra,-Werror>")
set_target_properties(muster_cuda_objects PROPERTIES CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)
target_link_libraries(muster_cuda_objects PUBLIC CUDA::cudart muster_kernels_shared fmt::fmt
  Threads::Threads ${CMAKE_DL_LIBS})

# What the plug-in tries before it calls libraries that may never come back; it looks for it beside itself.
add_executable(muster_cufile_probe ${CMAKE_SOURCE_DIR}/kernels/dataload/cufile_probe_main.cpp)
set_target_properties(muster_cufile_probe PROPERTIES OUTPUT_NAME muster-cufile-probe
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
target_link_libraries(muster_cufile_probe PRIVATE ${CMAKE_DL_LIBS})

muster_plugin(cuda muster_cuda_objects muster_kernels_shared muster_contract)
add_dependencies(muster_cuda muster_cufile_probe)
set_target_properties(muster_cuda PROPERTIES LINKER_LANGUAGE CXX BUILD_RPATH "${CUDAToolkit_LIBRARY_DIR}")
# Whatever else the objects hold, only the entry is seen: plug-ins share no symbol with each other.
set(map ${CMAKE_SOURCE_DIR}/cmake/backend_plugin.map)
target_link_options(muster_cuda PRIVATE -Wl,--version-script=${map})
set_target_properties(muster_cuda PROPERTIES LINK_DEPENDS ${map})
