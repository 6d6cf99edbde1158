# Included by project() of the presets for other machines: the header-only libraries of this machine serve them too, but its
# /usr/include does not, which belongs to another C library. So their folders are linked into one of our own.
set(headers ${CMAKE_BINARY_DIR}/host_headers)
file(MAKE_DIRECTORY ${headers})
foreach(name IN ITEMS catch2 LBFGS.h LBFGSB.h LBFGSpp nlohmann)
  if(EXISTS /usr/include/${name})
    file(CREATE_LINK /usr/include/${name} ${headers}/${name} SYMBOLIC)
  endif()
endforeach()
foreach(target IN ITEMS Catch2::Catch2 LBFGSpp::LBFGSpp nlohmann_json::nlohmann_json Eigen3::Eigen)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${headers})
endforeach()
target_include_directories(Eigen3::Eigen SYSTEM INTERFACE /usr/include/eigen3)
# What find_package finds: Debian's Catch2 is for this machine's size of pointers.
file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/catch2-config.cmake "list(APPEND CMAKE_MODULE_PATH /usr/lib/cmake/Catch2)\n")
file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/catch2-config-version.cmake
  "set(PACKAGE_VERSION 2.13)\nif(PACKAGE_FIND_VERSION_MAJOR EQUAL 2)\n  set(PACKAGE_VERSION_COMPATIBLE TRUE)\nendif()\n"
)
