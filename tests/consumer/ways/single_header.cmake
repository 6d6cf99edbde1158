# One header and Eigen, in two files of one program: one of ours twice in it would not compile. A header that is missing is said.
page_says("--target seqpool_single_header")
must_run(${configure_seqpool})
must_run(${CMAKE_COMMAND} --build ${WORK_DIR}/seqpool --target seqpool_single_header)
file(READ ${WORK_DIR}/seqpool/single_include/seqpool.hpp header)
string(REGEX MATCHALL "SPDX-License|include <seqpool/[^>]*[.]hpp>" found "${header}")
if(NOT found STREQUAL "SPDX-License")
  message(FATAL_ERROR "The single header holds ${found}")
endif()
foreach(file IN ITEMS main_of_two other)
  file(READ ${project}/${file}.cpp text)
  string(REPLACE "<seqpool/seqpool.hpp>" "<seqpool.hpp>" text "${text}")
  file(WRITE ${WORK_DIR}/${file}.cpp "${text}")
endforeach()
must_run(${COMPILER} -std=c++20 -I ${WORK_DIR}/seqpool/single_include -isystem ${EIGEN_DIR}
  ${WORK_DIR}/main_of_two.cpp ${WORK_DIR}/other.cpp -o ${WORK_DIR}/consumer
)
must_run(${WORK_DIR}/consumer)

file(COPY ${SOURCE_DIR}/include DESTINATION ${WORK_DIR}/broken)
set(make ${CMAKE_COMMAND} -D SOURCE_DIR=${WORK_DIR}/broken -D OUTPUT=${WORK_DIR}/broken.hpp
  -P ${SOURCE_DIR}/cmake/single_header.cmake
)
must_run(${make})
file(APPEND ${WORK_DIR}/broken/include/seqpool/stream.hpp "#if 1\n#include <seqpool/version.hpp>\n#endif\n")
must_refuse("seqpool/stream.hpp includes under a condition" ${make})
file(REMOVE ${WORK_DIR}/broken/include/seqpool/pooling/mean.hpp)
must_refuse("seqpool/pooling/mean.hpp is included, but" ${make})
