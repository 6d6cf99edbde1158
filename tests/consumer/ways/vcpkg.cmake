# The vcpkg port. vcpkg itself is not here: these functions are a stand-in, and do what the port relies on of those that
# vcpkg's own scripts have under these names. So this shows that the port configures, installs and is found, not that
# vcpkg accepts it.
page_says("vcpkg install seqpool --overlay-ports=cmake/vcpkg")
set(port ${SOURCE_DIR}/cmake/vcpkg)

function(vcpkg_check_features)
  cmake_parse_arguments(arg "" OUT_FEATURE_OPTIONS "FEATURES;INVERTED_FEATURES" ${ARGN})
  set(options "")
  foreach(kind IN ITEMS FEATURES INVERTED_FEATURES)
    while(arg_${kind})
      list(POP_FRONT arg_${kind} feature option)
      if((feature IN_LIST FEATURES AND kind STREQUAL "FEATURES") OR
         (NOT feature IN_LIST FEATURES AND kind STREQUAL "INVERTED_FEATURES"))
        list(APPEND options -D${option}=ON)
      else()
        list(APPEND options -D${option}=OFF)
      endif()
    endwhile()
  endforeach()
  set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(arg "" SOURCE_PATH OPTIONS ${ARGN})
  must_run(${configure} --fresh -S ${arg_SOURCE_PATH} -B ${WORK_DIR}/port ${arg_OPTIONS}
    -D CMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}
  )
endfunction()

function(vcpkg_cmake_install)
  must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/port --target install)
endfunction()

# Moves the config to share/<port>, one level up from share/cmake or lib/cmake, and leads its paths from there.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(arg "" CONFIG_PATH "" ${ARGN})
  file(MAKE_DIRECTORY ${CURRENT_PACKAGES_DIR}/share)
  file(RENAME ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH} ${CURRENT_PACKAGES_DIR}/share/seqpool)
  file(GLOB configs ${CURRENT_PACKAGES_DIR}/share/seqpool/*.cmake)
  foreach(config IN LISTS configs)
    file(READ ${config} text)
    string(REPLACE "/../../../" "/../../" text "${text}")
    set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
    string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
    file(WRITE ${config} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(arg "" "" FILE_LIST ${ARGN})
  configure_file(${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/seqpool/copyright COPYONLY)
endfunction()

# As vcpkg does: the port with the features that the manifest knows, each into a folder of its own.
file(READ ${port}/vcpkg.json manifest)
string(JSON count LENGTH "${manifest}" features)
string(JSON first MEMBER "${manifest}" features 0)
string(JSON second MEMBER "${manifest}" features 1)
string(JSON version GET "${manifest}" version)
if(NOT "${count} ${first} ${second} ${version}" STREQUAL "2 compiled io ${VERSION}")
  message(FATAL_ERROR "vcpkg.json has ${count} features, ${first} and ${second}, and the version ${version}")
endif()
foreach(features IN ITEMS core io compiled)
  set(FEATURES core)
  if(NOT features STREQUAL "core")
    list(APPEND FEATURES io ${features})  # compiled depends on io
  endif()
  set(CURRENT_PACKAGES_DIR ${WORK_DIR}/${features})
  include(${port}/portfile.cmake)
  if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/share/seqpool/seqpool-config.cmake)
    message(FATAL_ERROR "the package is not in share/seqpool, where vcpkg looks for it")
  endif()
  set(asks ${configure} --fresh -S ${project} -B ${WORK_DIR}/io_build -D CMAKE_PREFIX_PATH=${CURRENT_PACKAGES_DIR}
    -D CONSUMER_COMPONENTS=io
  )
  if("io" IN_LIST FEATURES)
    must_run(${asks})
    must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/io_build)
  else()
    must_refuse("seqpool was installed without its component io" ${asks})
    if(EXISTS ${CURRENT_PACKAGES_DIR}/share/pkgconfig/seqpool-io.pc OR
       EXISTS ${CURRENT_PACKAGES_DIR}/include/seqpool/io)
      message(FATAL_ERROR "io is installed without nlohmann/json")
    endif()
  endif()
endforeach()
if(EXISTS ${WORK_DIR}/io/include/seqpool/train)
  message(FATAL_ERROR "the package has train, though vcpkg has no LBFGS++")
endif()
if(NOT EXISTS ${WORK_DIR}/core/share/seqpool/copyright)
  message(FATAL_ERROR "the licence is not installed")
endif()
consume(-D CMAKE_PREFIX_PATH=${WORK_DIR}/core -D CONSUMER_VERSION=${VERSION})
