# Conan, without a network: stand-ins for the packages that it would download hand on what this machine has.
need(conan conan)
page_says("conan create cmake/conan")
page_says("require `seqpool/${VERSION}`")
set(ENV{CONAN_HOME} ${WORK_DIR}/home)
set(settings --no-remote -s build_type=Release -s compiler.cppstd=20)
must_run(${conan} profile detect)
file(WRITE ${WORK_DIR}/stand_in/conanfile.py [[
from conan import ConanFile


class StandIn(ConanFile):
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.includedirs = [self.conf.get("user.seqpool:includes")]
        if self.name == "eigen":
            self.cpp_info.set_property("cmake_file_name", "Eigen3")
            self.cpp_info.set_property("cmake_target_name", "Eigen3::Eigen")
]])
list(APPEND settings -c user.seqpool:includes=${EIGEN_DIR})
must_run(${conan} create ${WORK_DIR}/stand_in --name=eigen --version=3.4.0 ${settings})
must_run(${conan} create ${WORK_DIR}/stand_in --name=nlohmann_json --version=3.11.3 ${settings})

# One package, with and without what io needs; the program uses the core.
must_run(${CMAKE_COMMAND} -E chdir ${SOURCE_DIR} ${conan} create cmake/conan ${settings})
foreach(with_json IN ITEMS True False)
  must_run(${conan} install --requires=seqpool/${VERSION} -o seqpool/*:with_json=${with_json}
    -g CMakeDeps -g CMakeToolchain -of ${WORK_DIR}/${with_json} -c tools.cmake.cmaketoolchain:user_presets= ${settings}
  )
endforeach()
set(release -D CMAKE_BUILD_TYPE=Release -D CONSUMER_VERSION=${VERSION})
must_run(${configure} -S ${project} -B ${WORK_DIR}/model ${release} -D CONSUMER_COMPONENTS=model
  -D CMAKE_TOOLCHAIN_FILE=${WORK_DIR}/True/conan_toolchain.cmake
)
consume(${release} -D CMAKE_TOOLCHAIN_FILE=${WORK_DIR}/False/conan_toolchain.cmake)
