# What `cmake --install` installs: the headers, and what find_package, pkg-config and CPS need to find seqpool.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Headers alone are the same on every machine; a library is not.
if(SEQPOOL_COMPILED)
  set(package_root ${CMAKE_INSTALL_LIBDIR})
  set(architecture)
else()
  set(package_root ${CMAKE_INSTALL_DATADIR})
  set(architecture ARCH_INDEPENDENT)
endif()

set(package_dir ${package_root}/cmake/seqpool)
configure_package_config_file(cmake/seqpool-config.cmake.in seqpool-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(seqpool-config-version.cmake COMPATIBILITY SameMinorVersion ${architecture})
install(
  FILES ${PROJECT_BINARY_DIR}/seqpool-config.cmake ${PROJECT_BINARY_DIR}/seqpool-config-version.cmake
    cmake/seqpool-adapters.cmake
  DESTINATION ${package_dir}
)
install(TARGETS seqpool EXPORT seqpool-targets FILE_SET HEADERS FILE_SET parts)
install(EXPORT seqpool-targets NAMESPACE seqpool:: DESTINATION ${package_dir})
install(DIRECTORY include/seqpool/adapter DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/seqpool)
if(TARGET seqpool_io)
  install(TARGETS seqpool_io EXPORT seqpool-io-targets FILE_SET HEADERS)
  install(EXPORT seqpool-io-targets NAMESPACE seqpool:: DESTINATION ${package_dir})
  install(TARGETS seqpool_model EXPORT seqpool-model-targets FILE_SET HEADERS FILE_SET parts)
  install(EXPORT seqpool-model-targets NAMESPACE seqpool:: DESTINATION ${package_dir})
endif()

set(pc_dir ${package_root}/pkgconfig)
file(RELATIVE_PATH pc_to_prefix /${pc_dir} /)
configure_file(cmake/seqpool.pc.in seqpool.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/seqpool.pc DESTINATION ${pc_dir})
if(TARGET seqpool_io)
  if(SEQPOOL_COMPILED)
    set(pc_io_requires "seqpool = ${PROJECT_VERSION}")
    set(pc_io_flags "Cflags: -DSEQPOOL_COMPILED\nLibs: -L\${libdir} -lseqpool")
  else()
    set(pc_io_requires "seqpool = ${PROJECT_VERSION}, nlohmann_json")
    set(pc_io_flags)
  endif()
  configure_file(cmake/seqpool-io.pc.in seqpool-io.pc @ONLY)
  configure_file(cmake/seqpool-model.pc.in seqpool-model.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/seqpool-io.pc ${PROJECT_BINARY_DIR}/seqpool-model.pc DESTINATION ${pc_dir})
endif()

if(SEQPOOL_INSTALL_CPS)
  if(CMAKE_VERSION VERSION_LESS 4.3)
    message(FATAL_ERROR "SEQPOOL_INSTALL_CPS needs CMake 4.3 or newer, this is ${CMAKE_VERSION}")
  endif()
  set(cps_dir ${package_root}/cps/seqpool)
  install(PACKAGE_INFO seqpool EXPORT seqpool-targets DESTINATION ${cps_dir}
    VERSION ${PROJECT_VERSION} COMPAT_VERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}.0
    DEFAULT_TARGETS seqpool LICENSE MIT DESCRIPTION "${PROJECT_DESCRIPTION}"
  )
  if(TARGET seqpool_io)
    install(PACKAGE_INFO seqpool EXPORT seqpool-io-targets APPENDIX io DESTINATION ${cps_dir})
    install(PACKAGE_INFO seqpool EXPORT seqpool-model-targets APPENDIX model DESTINATION ${cps_dir})
  endif()
  # CMake writes down where this machine has Eigen, and requires its version: a package made with 3.4 would refuse Eigen 5.
  install(CODE "set(cps_dir \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${cps_dir}\")")
  install(CODE [[
    foreach(pin IN ITEMS seqpool/Eigen3/hints seqpool/Eigen3/version
            seqpool-io/nlohmann_json/hints seqpool-io/nlohmann_json/version)
      string(REPLACE "/" ";" pin ${pin})
      list(POP_FRONT pin file)
      if(EXISTS "${cps_dir}/${file}.cps")
        file(READ "${cps_dir}/${file}.cps" cps)
        string(JSON stripped ERROR_VARIABLE absent REMOVE "${cps}" requires ${pin})
        if(NOT absent)
          file(WRITE "${cps_dir}/${file}.cps" "${stripped}")
        endif()
      endif()
    endforeach()
  ]])
endif()
