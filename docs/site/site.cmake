# cmake -D SETTINGS=... -P site.cmake: builds the site in ${SITE}. Pages of the example programs, with what they print where
# they are built; the contents; and what Doxygen makes of all of it.
include(${SETTINGS})
set(here ${CMAKE_CURRENT_LIST_DIR})
file(REMOVE_RECURSE ${SITE}/html ${SITE}/pages)
file(MAKE_DIRECTORY ${SITE}/pages)
set(awk ${AWK} -f ${here}/names.awk)

foreach(program IN LISTS PROGRAMS)
  cmake_path(GET program STEM name)
  set(output "")
  set(built ${EXAMPLES}/${name})
  if(EXISTS ${built})
    set(output ${SITE}/${name}.txt)
    execute_process(COMMAND ${built} WORKING_DIRECTORY ${SITE} OUTPUT_FILE ${output} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  execute_process(COMMAND ${awk} -v output=${output} -f ${here}/program.awk ${program}
    OUTPUT_FILE ${SITE}/pages/example_${name}.md COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# seqpool_contents(<what> <variable>)
function(seqpool_contents what result)
  execute_process(COMMAND ${awk} -v write=${what} -f ${here}/contents.awk ${here}/groups.txt ${here}/house.dox ${PAGES} ${PROGRAMS} ${HEADERS}
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()
# seqpool_fill(<file> <mark in it> <what stands there in its place> <new file>)
function(seqpool_fill file mark text output)
  file(READ ${file} whole)
  string(REPLACE "<!-- ${mark} -->" "${text}" whole "${whole}")
  file(WRITE ${output} "${whole}")
endfunction()
seqpool_contents(groups groups)
seqpool_fill(${here}/../start.md groups "${groups}" ${SITE}/pages/start.md)
seqpool_contents(nav nav)
seqpool_fill(${here}/header.html contents "${nav}" ${SITE}/header.html)

execute_process(COMMAND ${DOXYGEN} ${SITE}/Doxyfile COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${AWK} -f ${here}/search.awk ${SITE}/tags.xml OUTPUT_FILE ${SITE}/html/names.js COMMAND_ERROR_IS_FATAL ANY)

# Lists that nothing leads to, as the contents are ours.
file(GLOB lists ${SITE}/html/dir_*.html ${SITE}/html/concepts.html ${SITE}/html/modules.html ${SITE}/html/topics.html ${SITE}/html/pages.html)
file(REMOVE ${lists})
