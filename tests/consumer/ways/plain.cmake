# The compiler alone, with all warnings: the headers have none.
must_run(${COMPILER} -std=c++20 -Wall -Wextra -Wpedantic -Werror -I ${SOURCE_DIR}/include -isystem ${EIGEN_DIR}
  ${project}/main.cpp -o ${WORK_DIR}/consumer
)
must_run(${WORK_DIR}/consumer)
