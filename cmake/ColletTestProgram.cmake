# collet_test_program(<program> PREFIX <prefix> SOURCES ... [LIBS <target>...])
#
# A program of GoogleTest, each of its tests a test of CTest named "<prefix>.<Suite>.<test>".

# The headers that nearly every test reads are read once for all of them. -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON (the
# preset tsan has it) compiles each source with the headers that it names itself.
set(headers_source ${PROJECT_BINARY_DIR}/test_headers.cpp)
file(CONFIGURE OUTPUT ${headers_source} CONTENT "int main() {}\n")
add_executable(collet_test_headers EXCLUDE_FROM_ALL ${headers_source})
target_link_libraries(collet_test_headers PRIVATE collet_warnings GTest::gmock GTest::gtest_main)
target_precompile_headers(collet_test_headers PRIVATE
  <gmock/gmock.h> <gtest/gtest.h>
  <algorithm> <array> <chrono> <expected> <filesystem> <fstream> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <thread> <utility> <variant> <vector>)

# What a test's own sources are compiled with.
add_library(collet_test_options INTERFACE)
target_compile_options(collet_test_options INTERFACE
  -fpch-preprocess  # without it ccache keeps nothing
  -Wno-array-bounds -Wno-stringop-overflow)  # of optimised std::string: in precompiled headers GCC forgets whose it is
if(COLLET_SANITIZE MATCHES undefined)
  # Half of what UBSan adds to a file of matchers. Rooms keep both checks; a null pointer that is used is found by ASan.
  target_compile_options(collet_test_options INTERFACE -fno-sanitize=null,alignment)
endif()
target_link_libraries(collet_test_headers PRIVATE collet_test_options)

function(collet_test_program program)
  cmake_parse_arguments(TEST "" "PREFIX" "SOURCES;LIBS" ${ARGN})
  add_executable(${program} ${TEST_SOURCES})
  target_link_libraries(${program} PRIVATE
    ${TEST_LIBS} collet_warnings collet_test_options GTest::gmock GTest::gtest_main)
  target_precompile_headers(${program} REUSE_FROM collet_test_headers)
  gtest_discover_tests(${program} TEST_PREFIX "${TEST_PREFIX}." DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 120)
endfunction()
