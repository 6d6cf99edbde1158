# The package by its Common Package Specification alone.
if(CMAKE_VERSION VERSION_LESS 4.3)
  message("SKIPPED: no CMake 4.3 on this machine")
  return()
endif()
page_says("-D SEQPOOL_INSTALL_CPS=ON")
install_seqpool(-D SEQPOOL_INSTALL_CPS=ON)
file(REMOVE_RECURSE ${prefix}/share/cmake)
consume(-D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_VERSION=${VERSION})
must_run(${configure} -S ${project} -B ${WORK_DIR}/io -D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_COMPONENTS=io)
# What a component is made of is to be asked for too: CMake 4.3 and 4.4 do not look for it.
page_says("`COMPONENTS io model`")
must_run(${configure} -S ${project} -B ${WORK_DIR}/model -D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_COMPONENTS=io,model)

# It asks for no version and for no place of what was at hand here.
foreach(file IN ITEMS seqpool seqpool-io seqpool-model)
  file(READ ${prefix}/share/cps/seqpool/${file}.cps cps)
  string(JSON requires ERROR_VARIABLE absent GET "${cps}" requires)
  if(absent AND NOT file STREQUAL "seqpool-model")  # which needs io alone
    message(FATAL_ERROR "${file}.cps requires nothing")
  endif()
  if(requires MATCHES "hints|version")
    message(FATAL_ERROR "${file}.cps requires ${requires}")
  endif()
endforeach()
