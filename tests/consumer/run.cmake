# cmake -D WAY=... -P run.cmake: uses seqpool from outside its tree, as ways/${WAY}.cmake says; fails unless that works.
cmake_minimum_required(VERSION 3.25...4.3)
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)
set(project ${CMAKE_CURRENT_LIST_DIR}/project)
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER})
set(configure_seqpool ${configure} -S ${SOURCE_DIR} -B ${WORK_DIR}/seqpool
  -D SEQPOOL_BUILD_TESTS=OFF -D SEQPOOL_BUILD_EXAMPLES=OFF
)

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK_DIR}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output
  )
  set(output "${output}" PARENT_SCOPE)
  set(result "${result}" PARENT_SCOPE)
endfunction()

function(must_run)
  run(${ARGN})
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# The command has to fail, and say `sentence`, however its lines are broken.
function(must_refuse sentence)
  run(${ARGN})
  string(REGEX REPLACE "[ \n]+" " " said "${output}")
  string(FIND "${said}" "${sentence}" position)
  if(result EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "${ARGN}\nshould fail and say \"${sentence}\":\n${output}")
  endif()
endfunction()

# Installs seqpool into ${prefix}, configured with the arguments.
function(install_seqpool)
  must_run(${configure_seqpool} ${ARGN})
  must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/seqpool)
  must_run(${CMAKE_COMMAND} --install ${WORK_DIR}/seqpool --prefix ${prefix})
endfunction()

# Configures, builds and runs the project.
function(consume)
  must_run(${configure} -S ${project} -B ${WORK_DIR}/build ${ARGN})
  must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
  must_run(${WORK_DIR}/build/consumer)
endfunction()

# Finds a tool, or ends the test as skipped.
macro(need variable tool)
  find_program(${variable} ${tool})
  if(NOT ${variable})
    message("SKIPPED: no ${tool} on this machine")
    return()
  endif()
endmacro()

# The page of the ways to build has to show what a way does.
function(page_says text)
  file(READ ${SOURCE_DIR}/docs/build.md page)
  string(FIND "${page}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "docs/build.md does not say: ${text}")
  endif()
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/ways/${WAY}.cmake)
