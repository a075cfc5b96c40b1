# `cpack -G DEB`: a Debian package of what `cmake --install` puts in place; `./muster package` builds and makes it.
set(MUSTER_MAINTAINER "muster <root@localhost>" CACHE STRING "Who answers for a package made here: NAME <MAIL>")
set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};muster;program;/")
set(CPACK_PACKAGE_NAME muster)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package/debian_dependencies.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${MUSTER_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "slurm-client")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "muster measures what a GPU node, a CPU node or a cluster of them really does:
matrix products, collectives, memory and data loading, each answer checked.

The host's benchmarks run with what this package depends on. Those of GPUs need
NVIDIA's driver and cuBLAS, NCCL and nvJPEG, which Debian does not have: muster
finds them in a CUDA toolkit, in the nvidia wheels of a Python environment, or
where MUSTER_CUDA_LIBS says. 'muster doctor' tells what is there and missing.")
install(FILES cmake/package/copyright DESTINATION share/doc/muster COMPONENT program)
include(CPack)
