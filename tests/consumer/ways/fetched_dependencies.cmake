# Where find_package finds no Eigen. There is no network: what would be downloaded is what lies here.
set(fetched -D CMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON -D FETCHCONTENT_SOURCE_DIR_SEQPOOL_EIGEN3=${EIGEN_DIR})
set(sentence "SEQPOOL_FETCH_DEPENDENCIES=ON downloads it")

# Alone, seqpool downloads it; in another project it asks first.
install_seqpool(${fetched})
set(subdirectory ${configure} -S ${project} -B ${WORK_DIR}/subdirectory
  -D CONSUMER_SUBDIRECTORY=${SOURCE_DIR} ${fetched}
)
must_refuse(${sentence} ${subdirectory})
must_run(${subdirectory} -D SEQPOOL_FETCH_DEPENDENCIES=ON)
must_refuse(${sentence} ${configure} -S ${SOURCE_DIR} -B ${WORK_DIR}/io -D SEQPOOL_FETCH_DEPENDENCIES=OFF
  -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
)

consume(-D CMAKE_PREFIX_PATH=${prefix})
