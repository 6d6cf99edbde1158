# cmake -D PROGRAM=<seqpool_law_tests> -P hashes.cmake: whether two runs print the same hashes.
foreach(run IN ITEMS first second)
  execute_process(COMMAND ${PROGRAM} [hashes] OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+\t[0-9a-f]+" ${run} "${output}")
endforeach()
list(LENGTH first lines)
if(NOT first STREQUAL second OR lines LESS 50)
  message(FATAL_ERROR "seqpool: two runs print ${lines} hashes, and not the same ones:\n${first}\n${second}")
endif()
