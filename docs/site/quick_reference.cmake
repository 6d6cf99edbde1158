# cmake -D SETTINGS=... -P quick_reference.cmake: writes docs/quick-reference.md from the headers' comments.
include(${SETTINGS})
set(here ${CMAKE_CURRENT_LIST_DIR})
execute_process(
  COMMAND ${AWK} -v write=quick_reference -f ${here}/names.awk -f ${here}/contents.awk ${here}/groups.txt ${here}/house.dox ${HEADERS}
  OUTPUT_FILE ${here}/../quick-reference.md COMMAND_ERROR_IS_FATAL ANY
)
