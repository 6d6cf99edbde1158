# The installed package, its components, and what it refuses.
install_seqpool()
consume(-D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_VERSION=${VERSION} -D CONSUMER_COMPONENTS=model)
must_run(${configure} -S ${project} -B ${WORK_DIR}/io -D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_COMPONENTS=io)
set(asks ${configure} --fresh -S ${project} -B ${WORK_DIR}/refused -D CMAKE_PREFIX_PATH=${prefix})
must_refuse("compatible with requested version \"99.0\"" ${asks} -D CONSUMER_VERSION=99.0)
must_refuse("seqpool has no component nothing" ${asks} -D CONSUMER_COMPONENTS=nothing)
foreach(component IN ITEMS io model)
  must_refuse("seqpool's component ${component} needs nlohmann/json" ${asks} -D CONSUMER_COMPONENTS=${component}
    -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
  )
endforeach()
