# cmake -D SETTINGS=... -P check.cmake: builds the site, in which a warning is an error, and looks at what came out.
include(${CMAKE_CURRENT_LIST_DIR}/site.cmake)

# The quick reference is what the headers say.
execute_process(
  COMMAND ${awk} -v write=quick_reference -f ${here}/contents.awk ${here}/groups.txt ${here}/house.dox ${HEADERS}
  OUTPUT_VARIABLE quick_reference COMMAND_ERROR_IS_FATAL ANY
)
file(READ ${here}/../quick-reference.md committed)
if(NOT committed STREQUAL quick_reference)
  message(SEND_ERROR "docs/quick-reference.md is not what the headers say: build the target quick_reference, and commit it")
endif()

# It, and the search, have every name that Doxygen found in public.
file(READ ${SITE}/html/names.js names)
file(STRINGS ${SITE}/tags.xml lines REGEX "^    <(class|concept)|^      <name>|<compound kind")
foreach(line IN LISTS lines)
  if(line MATCHES "<compound kind=\"([a-z]*)")
    set(kind ${CMAKE_MATCH_1})
  elseif(kind STREQUAL "group" AND line MATCHES "^      <name>(seqpool::)?([a-z]+::)?([A-Za-z_0-9]+)</|^    <(class|concept)[^>]*>seqpool::([a-z]+::)?([A-Za-z]+)</")
    set(name "${CMAKE_MATCH_3}${CMAKE_MATCH_6}")
    if(NOT committed MATCHES "\n[|] .`${name}[`(]")
      message(SEND_ERROR "docs/quick-reference.md does not have ${name}")
    endif()
    string(FIND "${names}" "${name}\"," position)
    if(position EQUAL -1)
      message(SEND_ERROR "The search does not find ${name}")
    endif()
  endif()
endforeach()

# A header with a documented interface has a page, which is not empty.
foreach(header IN LISTS HEADERS)
  file(READ ${header} text)
  string(REGEX REPLACE ".*/include/seqpool/" "" header ${header})
  string(REGEX REPLACE "[/._]" "__" page group/${header}.html)
  string(REGEX REPLACE "__html$" ".html" page ${page})
  if(text MATCHES "\n/// ")
    if(NOT EXISTS ${SITE}/html/${page})
      message(SEND_ERROR "seqpool/${header} has no page ${page}")
      continue()
    endif()
    file(READ ${SITE}/html/${page} text)
    if(NOT text MATCHES "\"memitem" OR text MATCHES "\"memdoc\">[ \n]*</div>")
      message(SEND_ERROR "seqpool/${header} has an empty page ${page}")
    endif()
  elseif(EXISTS ${SITE}/html/${page} AND NOT header MATCHES "^(seqpool|io/safetensors|model/model)[.]hpp$")
    message(SEND_ERROR "seqpool/${header} is private and has a page ${page}")
  endif()
endforeach()

# Every link leads to a page, and to a place in it; every picture is there.
file(GLOB pages RELATIVE ${SITE}/html ${SITE}/html/*.html)
list(REMOVE_ITEM pages doxygen_crawl.html)  # newer Doxygens' own, for search engines
execute_process(COMMAND ${AWK} -f ${here}/links.awk ${pages} names.js WORKING_DIRECTORY ${SITE}/html
  OUTPUT_VARIABLE broken COMMAND_ERROR_IS_FATAL ANY)
if(broken)
  message(SEND_ERROR "${broken}")
endif()
