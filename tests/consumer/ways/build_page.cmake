# Each block of CMake of docs/build.md, in a project around it: find_package of what is installed, and FetchContent, whose
# source is the one here.
install_seqpool()
file(READ ${SOURCE_DIR}/docs/build.md page)
set(blocks 0)
while(page MATCHES "```cmake\n([^`]*)```(.*)")
  set(page "${CMAKE_MATCH_2}")
  math(EXPR blocks "${blocks} + 1")
  file(WRITE ${WORK_DIR}/${blocks}/CMakeLists.txt
    "cmake_minimum_required(VERSION 3.25)\nproject(app LANGUAGES CXX)\n"
    "add_executable(app ${project}/main.cpp)\n${CMAKE_MATCH_1}"
  )
  must_run(${configure} -S ${WORK_DIR}/${blocks} -B ${WORK_DIR}/${blocks}/build
    -D CMAKE_PREFIX_PATH=${prefix} -D FETCHCONTENT_SOURCE_DIR_SEQPOOL=${SOURCE_DIR}
  )
  must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/${blocks}/build --target app)
  must_run(${WORK_DIR}/${blocks}/build/app)
endwhile()
if(NOT blocks EQUAL 2)
  message(FATAL_ERROR "docs/build.md has ${blocks} blocks of CMake")
endif()
