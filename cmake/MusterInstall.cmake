# `cmake --install BUILD --component muster --prefix DIR`: program, plug-ins, configs, schemas, GPU tests, laid out as they
# lie in a bundle. `./muster bundle` adds the shared libraries and Open MPI.
#   bin/muster (made by the bundle)   libexec/muster   lib/libmuster_*.so, muster-cufile-probe   configs/   results/*.schema.json   tests/gpu/
set_target_properties(muster PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
install(TARGETS muster RUNTIME DESTINATION libexec COMPONENT muster)
foreach(plugin IN ITEMS muster_host muster_mpi muster_cuda)
  if(TARGET ${plugin})
    set_target_properties(${plugin} PROPERTIES INSTALL_RPATH "$ORIGIN")
    install(TARGETS ${plugin} LIBRARY DESTINATION lib COMPONENT muster)
  endif()
endforeach()
if(TARGET muster_cufile_probe)
  set_target_properties(muster_cufile_probe PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS muster_cufile_probe RUNTIME DESTINATION lib COMPONENT muster)
endif()
install(DIRECTORY configs DESTINATION . COMPONENT muster)
install(DIRECTORY results DESTINATION . COMPONENT muster FILES_MATCHING PATTERN "*.schema.json" PATTERN "README.md")
