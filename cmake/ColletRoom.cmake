# collet_room(<name> SOURCES ... [LINKS <room>...] [LIBS <target>...] [PRIVATE_LIBS <target>...]
#             [TESTS ...] [TEST_LIBS <target>...] [BENCHES ...])
#
# One room of the house: a static library `collet_<name>`, its unit tests as one program `<name>_test`, and its
# benchmarks as `<name>_bench`. LINKS names the rooms it may use (ARCHITECTURE.md has the table; tests/layering checks
# that the includes agree). LIBS are third-party targets its headers need, PRIVATE_LIBS those only its sources need.
function(collet_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;LIBS;PRIVATE_LIBS;TESTS;TEST_LIBS;BENCHES" ${ARGN})
  set(links ${ROOM_LINKS})
  list(TRANSFORM links PREPEND collet_)
  add_library(collet_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(collet_${name} PUBLIC
    $<BUILD_INTERFACE:${COLLET_SOURCE}/include> $<BUILD_INTERFACE:${COLLET_SOURCE}/src>)
  target_link_libraries(collet_${name} PUBLIC ${links} ${ROOM_LIBS} PRIVATE ${ROOM_PRIVATE_LIBS} collet_warnings)
  set_property(GLOBAL APPEND PROPERTY COLLET_ROOMS ${name})

  if(ROOM_TESTS AND COLLET_TESTS)
    collet_test_program(${name}_test PREFIX ${name} SOURCES ${ROOM_TESTS} LIBS collet_${name} ${ROOM_TEST_LIBS})
  endif()
  if(ROOM_BENCHES AND COLLET_BENCHES)
    add_executable(${name}_bench ${ROOM_BENCHES})
    target_link_libraries(${name}_bench PRIVATE collet_${name} collet_warnings benchmark::benchmark_main)
  endif()
endfunction()
