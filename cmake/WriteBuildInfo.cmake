# cmake -DSOURCE=.. -DOUTPUT=.. -DVERSION=.. -DCOMPILER=.. -DBUILD_TYPE=.. -DHAS_CUDA=.. -P WriteBuildInfo.cmake
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit RESULT_VARIABLE failed
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(dirty false)
if(failed)
  set(commit unknown)
else()
  execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    set(dirty true)
  endif()
endif()
set(has_cuda false)
if(HAS_CUDA)
  set(has_cuda true)
endif()
set(text "#include \"harness/core/build_info.hpp\"

namespace muster {

BuildInfo const& build_info() {
  static constexpr BuildInfo info{\"${VERSION}\", \"${commit}\", ${dirty}, \"${VERSION}-${commit}-${COMPILER}-${BUILD_TYPE}\",
                                  \"${COMPILER}\", \"${BUILD_TYPE}\", ${has_cuda}};
  return info;
}

}  // namespace muster
")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
