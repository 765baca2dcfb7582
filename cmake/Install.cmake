# What `cmake --install` puts in place: the daemon and its watcher, a worker that misbehaves, the public headers, and two libraries with a package file, so that
# find_package(collet) and target collet::collet are all that an embedding program needs; who wants nothing but JSON
# Schema links collet::schema, which is part of it.
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY COLLET_ROOMS)
list(REMOVE_ITEM rooms app)
set(schema_rooms base json schema)
list(REMOVE_ITEM rooms ${schema_rooms})

# collet_installed_library(<target> <name> ROOMS ... LIBS ...): a static library of the rooms' objects.
function(collet_installed_library target name)
  cmake_parse_arguments(LIBRARY "" "" "ROOMS;LIBS" ${ARGN})
  add_library(${target} STATIC)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE CXX)
  foreach(room ${LIBRARY_ROOMS})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:collet_${room}>)
  endforeach()
  target_include_directories(${target} PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_link_libraries(${target} PRIVATE ${LIBRARY_LIBS})
endfunction()

collet_installed_library(collet_schema_library collet_schema
  ROOMS ${schema_rooms}
  LIBS simdjson::simdjson spdlog::spdlog fmt::fmt Threads::Threads re2 pcre2-8 idn2)
collet_installed_library(collet_library collet
  ROOMS ${rooms}
  LIBS SQLite::SQLite3 CURL::libcurl sodium tomlplusplus::tomlplusplus spdlog::spdlog fmt::fmt Threads::Threads prometheus-cpp-core)
target_link_libraries(collet_library PUBLIC collet_schema_library)
set_target_properties(collet_schema_library PROPERTIES EXPORT_NAME schema)
set_target_properties(collet_library PROPERTIES EXPORT_NAME collet)
set_target_properties(collet_watcher PROPERTIES EXPORT_NAME watcher)

install(TARGETS collet_schema_library EXPORT collet)
install(TARGETS collet_library EXPORT collet)
install(TARGETS collet fault_worker)
install(TARGETS collet_watcher EXPORT collet DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/collet)
install(DIRECTORY include/collet TYPE INCLUDE)
install(EXPORT collet NAMESPACE collet:: FILE collet-targets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
configure_package_config_file(cmake/collet-config.cmake.in ${PROJECT_BINARY_DIR}/collet-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/collet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/collet-config.cmake ${PROJECT_BINARY_DIR}/collet-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
