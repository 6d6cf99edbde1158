# The installed package, its component io, and what it refuses.
install_seqpool()
consume(-D CMAKE_PREFIX_PATH=${prefix} -D CONSUMER_VERSION=${VERSION} -D CONSUMER_COMPONENTS=io)
set(asks ${configure} --fresh -S ${project} -B ${WORK_DIR}/refused -D CMAKE_PREFIX_PATH=${prefix})
must_refuse("compatible with requested version \"99.0\"" ${asks} -D CONSUMER_VERSION=99.0)
must_refuse("seqpool has no component nothing" ${asks} -D CONSUMER_COMPONENTS=nothing)
must_refuse("seqpool's component io needs nlohmann/json" ${asks} -D CONSUMER_COMPONENTS=io
  -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
)
