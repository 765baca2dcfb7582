# What `cmake --install` puts in place: the daemon, the public headers, and one library with a package file, so that
# find_package(collet) and target collet::collet are all that an embedding program needs.
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY COLLET_ROOMS)
list(REMOVE_ITEM rooms app)
add_library(collet_library STATIC)
set_target_properties(collet_library PROPERTIES OUTPUT_NAME collet EXPORT_NAME collet LINKER_LANGUAGE CXX)
foreach(room ${rooms})
  target_sources(collet_library PRIVATE $<TARGET_OBJECTS:collet_${room}>)
endforeach()
target_include_directories(collet_library PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(collet_library PUBLIC cxx_std_23)
target_link_libraries(collet_library PRIVATE simdjson::simdjson SQLite::SQLite3 spdlog::spdlog fmt::fmt Threads::Threads)

install(TARGETS collet_library EXPORT collet)
install(TARGETS collet)
install(DIRECTORY include/collet TYPE INCLUDE)
install(EXPORT collet NAMESPACE collet:: FILE collet-targets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
configure_package_config_file(cmake/collet-config.cmake.in ${PROJECT_BINARY_DIR}/collet-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/collet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/collet-config.cmake ${PROJECT_BINARY_DIR}/collet-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/collet)
