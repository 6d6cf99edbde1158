# cmake -D WAY=... -D ADAPTER=... -P run.cmake: a project outside of the tree builds examples/runtimes against the installed
# component, and configures with seqpool as a subdirectory; or, with the WAY missing, finds that there is no such library.
file(REMOVE_RECURSE ${WORK_DIR})
set(installed -D seqpool_ROOT=${WORK_DIR}/prefix)
set(subdirectory -D SEQPOOL_SOURCE_DIR=${SOURCE_DIR})

function(run build)
  execute_process(RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/${build} -G ${GENERATOR}
      -D CMAKE_CXX_COMPILER=${COMPILER} -D ADAPTER=${ADAPTER} -D PROGRAM=${SOURCE_DIR}/examples/runtimes/${ADAPTER}.cpp
      -C ${PLACES} ${ARGN}
  )
  set(output "${output}" PARENT_SCOPE)
  set(result "${result}" PARENT_SCOPE)
endfunction()

function(must_run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
endfunction()

function(must_say sentence)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks lines where it likes
  string(FIND "${output}" "${sentence}" position)
  if(result EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "This does not say \"${sentence}\":\n${output}")
  endif()
endfunction()

must_run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix)
if(WAY STREQUAL "missing")
  run(component ${installed} -D CMAKE_DISABLE_FIND_PACKAGE_OpenVINO=ON)
  must_say("seqpool's component openvino needs the library of that runtime, which was not found")
  run(subdirectory ${subdirectory} -D CMAKE_DISABLE_FIND_PACKAGE_OpenVINO=ON)
  must_say("seqpool: the library of the adapter openvino was not found")
  run(optional ${installed} -D CMAKE_DISABLE_FIND_PACKAGE_OpenVINO=ON -D OPTIONAL=ON)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "an optional component that is missing is refused:\n${output}")
  endif()
else()
  run(component ${installed})
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${output}")
  endif()
  must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/component)
  must_run(${WORK_DIR}/component/consumer)
  run(subdirectory ${subdirectory})
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${output}")
  endif()
endif()
