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

# train, where LBFGS++ was when seqpool was installed.
if(EXISTS ${prefix}/include/seqpool/train/fit.hpp)
  must_refuse("seqpool's component train needs LBFGS++" ${asks} -D CONSUMER_COMPONENTS=train
    -D LBFGSpp__LBFGSpp_INCLUDE_DIR=OFF
  )
  must_refuse("and its component train needs io" ${asks} -D CONSUMER_COMPONENTS=train
    -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
  )
  consume(-D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_COMPONENTS=train)
else()
  must_refuse("seqpool was installed without its component train" ${asks} -D CONSUMER_COMPONENTS=train)
endif()
