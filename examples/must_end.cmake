# cmake -D RESULT=... -D WORDS=... -P must_end.cmake -- program arguments...: the program must end with that result, and
# print these words, a regular expression.
include(${CMAKE_CURRENT_LIST_DIR}/../tests/command.cmake)
execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REPLACE "\r" "" output "${output}")
if(NOT result EQUAL RESULT OR NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "${command} ended with ${result}, expected ${RESULT} and \"${WORDS}\":\n${output}")
endif()
