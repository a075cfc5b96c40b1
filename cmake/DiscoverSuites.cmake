# cmake -D PROGRAM=... -D LABEL=... -D OUTPUT=... -P DiscoverSuites.cmake: of a GoogleTest program, one ctest
# entry a suite.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "(^|\n)[^ \n][^ \n]*\\.[ \n]" heads "${listed}")
set(tests)
foreach(head IN LISTS heads)
  string(STRIP "${head}" head)
  string(APPEND tests "add_test([==[${head}*]==] [==[${PROGRAM}]==] [==[--gtest_filter=${head}*]==])\n"
    "set_tests_properties([==[${head}*]==] PROPERTIES LABELS ${LABEL} TIMEOUT 600)\n")
endforeach()
file(WRITE ${OUTPUT} "${tests}")
