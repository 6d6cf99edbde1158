# Header-only library, but for its feature compiled. An overlay port of the checkout that it is in:
# `vcpkg install seqpool --overlay-ports=cmake/vcpkg`.
set(VCPKG_BUILD_TYPE release)
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES compiled SEQPOOL_COMPILED
  INVERTED_FEATURES io CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json
)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DSEQPOOL_BUILD_TESTS=OFF
    -DSEQPOOL_BUILD_EXAMPLES=OFF
    -DSEQPOOL_FETCH_DEPENDENCIES=OFF
    -DSEQPOOL_INSTALL=ON
    -DLBFGSpp__LBFGSpp_INCLUDE_DIR=OFF  # vcpkg has no LBFGS++; that of the machine would make another package
    ${FEATURE_OPTIONS}
)
vcpkg_cmake_install()
if("compiled" IN_LIST FEATURES)
  vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/seqpool)
else()
  vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/seqpool)
endif()
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
