# io as a library: what uses it cannot see nlohmann/json, and is compiled for another instruction set than the library.
readme_says("-D SEQPOOL_COMPILED_IO=ON")
install_seqpool(-D SEQPOOL_COMPILED_IO=ON)

file(WRITE ${WORK_DIR}/no_json/nlohmann/json.hpp "#error nlohmann/json is included\n")
set(flags "-I${WORK_DIR}/no_json")
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
if(processor MATCHES "x86_64|AMD64")
  string(APPEND flags " -msse4.1")
endif()
consume(-D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_VERSION=${VERSION} -D CONSUMER_COMPONENTS=io
  -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON -D CMAKE_CXX_FLAGS=${flags}
)

# Model folders are headers that include it, whatever io is.
set(model ${configure} --fresh -S ${project} -B ${WORK_DIR}/model -D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_COMPONENTS=model)
must_run(${model})
must_refuse("seqpool's component model needs nlohmann/json" ${model} -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)

# pkg-config knows the library too.
need(pkg_config pkg-config)
file(GLOB_RECURSE pc ${prefix}/seqpool-io.pc)
get_filename_component(pc ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc})
must_run(${pkg_config} --cflags seqpool-io)
if(NOT output MATCHES "-DSEQPOOL_COMPILED_IO" OR output MATCHES "json")
  message(FATAL_ERROR "pkg-config says ${output}")
endif()
must_run(${pkg_config} --print-requires seqpool-model)
if(NOT output MATCHES "seqpool-io" OR NOT output MATCHES "nlohmann_json")
  message(FATAL_ERROR "seqpool-model requires ${output}")
endif()
must_run(${pkg_config} --libs seqpool-io)
separate_arguments(libraries UNIX_COMMAND "${output}")
file(GLOB object ${WORK_DIR}/build/CMakeFiles/consumer.dir/io*.o)
must_run(${COMPILER} ${object} ${libraries} -o ${WORK_DIR}/consumer)
must_run(${WORK_DIR}/consumer)
