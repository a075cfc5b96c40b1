# `cmake --install BUILD --prefix DIR`: what `./muster package` packs, where every Linux program has its parts.
#   bin/muster   lib/muster/libmuster_*.so, muster-cufile-probe   share/muster/configs, results/*.schema.json   share/doc/muster
# `cmake --install BUILD --component muster --prefix DIR`: the same and the GPU tests, laid out as they lie in a bundle.
# `./muster bundle` adds the shared libraries and Open MPI, and sets where libraries are looked for.
#   bin/muster (made by the bundle)   libexec/muster   lib/libmuster_*.so, muster-cufile-probe   configs/   results/*.schema.json   tests/gpu/
set(programs muster muster_cufile_probe)
set(plugins muster_host muster_mpi muster_cuda)
foreach(target IN LISTS programs plugins)
  if(NOT TARGET ${target})
    continue()
  endif()
  set(place lib)
  if(target STREQUAL muster)
    set(place libexec)
    install(TARGETS muster RUNTIME DESTINATION bin COMPONENT program)
  else()
    install(TARGETS ${target} RUNTIME DESTINATION lib/muster COMPONENT program
                              LIBRARY DESTINATION lib/muster COMPONENT program)
  endif()
  install(TARGETS ${target} RUNTIME DESTINATION ${place} COMPONENT muster EXCLUDE_FROM_ALL
                            LIBRARY DESTINATION ${place} COMPONENT muster EXCLUDE_FROM_ALL)
endforeach()

install(DIRECTORY configs DESTINATION share/muster COMPONENT program)
install(DIRECTORY results/schema DESTINATION share/muster/results COMPONENT program FILES_MATCHING PATTERN "*.schema.json")
install(FILES README.md DESTINATION share/doc/muster COMPONENT program)
install(FILES configs/README.md DESTINATION share/doc/muster COMPONENT program RENAME configs.md)
install(FILES results/README.md DESTINATION share/doc/muster COMPONENT program RENAME results.md)
install(DIRECTORY configs DESTINATION . COMPONENT muster EXCLUDE_FROM_ALL)
install(DIRECTORY results DESTINATION . COMPONENT muster EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.schema.json" PATTERN "README.md")
