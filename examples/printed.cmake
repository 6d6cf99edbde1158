# cmake -D PAGE=... -P printed.cmake -- <program>: it must succeed, and print what the blocks of ```text on the page say, in
# their order, and nothing else but headings.
include(${CMAKE_CURRENT_LIST_DIR}/../tests/command.cmake)
execute_process(COMMAND ${command} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\r" "" printed "${printed}")
string(REGEX REPLACE "(^|\n)## [^\n]*" "\\1" printed "${printed}")
string(REGEX REPLACE "\n\n+" "\n" printed "\n${printed}")
file(READ ${PAGE} page)
string(REGEX REPLACE "[][;]" "@" page "${page}")  # brackets and semicolons mean something to CMake's lists
string(REGEX REPLACE "[][;]" "@" printed "${printed}")
string(REGEX MATCHALL "```text\n[^`]*```" blocks "${page}")
set(said "\n")
foreach(block IN LISTS blocks)
  string(REGEX REPLACE "^```text\n|```$" "" block "${block}")
  string(APPEND said "${block}")
endforeach()
if(NOT said STREQUAL printed)
  message(FATAL_ERROR "${PAGE} says:${said}\nWhat is printed:${printed}")
endif()
