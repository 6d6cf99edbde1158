# io and model as a library: what uses them cannot see nlohmann/json.
page_says("-D SEQPOOL_COMPILED=ON")
if(BUILT)
  must_run(${CMAKE_COMMAND} --install ${BUILT} --prefix ${prefix})
else()
  install_seqpool(-D SEQPOOL_COMPILED=ON)
endif()

file(WRITE ${WORK_DIR}/no_json/nlohmann/json.hpp "#error nlohmann/json is included\n")
set(asks -D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_VERSION=${VERSION} -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
foreach(component IN ITEMS io model)
  consume(${asks} -D CONSUMER_COMPONENTS=${component} -D CMAKE_CXX_FLAGS=-I${WORK_DIR}/no_json)
  file(GLOB object_of_${component} ${WORK_DIR}/build/CMakeFiles/consumer.dir/${component}*.o)
endforeach()

# It is for one instruction set: another one does not link, and the message names it.
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
if(processor MATCHES "x86_64|AMD64")
  must_run(${configure} -S ${project} -B ${WORK_DIR}/other ${asks} -D CONSUMER_COMPONENTS=model -D CMAKE_CXX_FLAGS=-mavx2)
  must_refuse("_avx2::" ${CMAKE_COMMAND} --build ${WORK_DIR}/other)
endif()

# Nor does a program without mmap, for which a file is another class.
must_run(${configure} -S ${project} -B ${WORK_DIR}/no_mmap ${asks} -D CONSUMER_COMPONENTS=io
  -D CMAKE_CXX_FLAGS=-DSEQPOOL_NO_MMAP
)
must_refuse("_no_mmap::" ${CMAKE_COMMAND} --build ${WORK_DIR}/no_mmap)

# pkg-config knows the library too.
need(pkg_config pkg-config)
file(GLOB_RECURSE pc ${prefix}/seqpool-io.pc)
get_filename_component(pc ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc})
foreach(component IN ITEMS io model)
  must_run(${pkg_config} --cflags seqpool-${component})
  if(NOT output MATCHES "-DSEQPOOL_COMPILED" OR output MATCHES "json")
    message(FATAL_ERROR "pkg-config says ${output}")
  endif()
  must_run(${pkg_config} --libs seqpool-${component})
  separate_arguments(libraries UNIX_COMMAND "${output}")
  must_run(${COMPILER} ${object_of_${component}} ${libraries} -o ${WORK_DIR}/consumer)
  must_run(${WORK_DIR}/consumer)
endforeach()
