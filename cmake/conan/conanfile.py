# SPDX-License-Identifier: MIT
# Conan 2: `conan create cmake/conan` packages the checkout that this file is in.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain
from conan.tools.files import copy, load


class Seqpool(ConanFile):
    name = "seqpool"
    description = "Pools encoder hidden states over Eigen tensors and classifies them"
    license = "MIT"
    topics = ("eigen", "pooling", "embeddings", "transformers", "header-only")
    settings = "os", "arch", "compiler", "build_type"
    # seqpool::io and seqpool::model, for files and folders; and whether they are a static library.
    options = {"with_json": [True, False], "compiled": [True, False]}
    default_options = {"with_json": False, "compiled": False}
    no_copy_source = True

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include", "seqpool", "version.hpp"))
        self.version = ".".join(re.findall(r"define SEQPOOL_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))

    def export_sources(self):
        for pattern in ("include/*.hpp", "LICENSE", "CMakeLists.txt", "cmake/*"):
            copy(self, pattern, self._checkout, self.export_sources_folder)

    def configure(self):
        if not self.options.with_json:
            del self.options.compiled
        self.package_type = "static-library" if self._compiled else "header-library"

    @property
    def _compiled(self):
        return bool(self.options.get_safe("compiled"))

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]")
        if self.options.with_json:
            self.requires("nlohmann_json/[>=3.10 <4]")

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        if self._compiled:
            CMakeDeps(self).generate()
            toolchain = CMakeToolchain(self)
            toolchain.cache_variables["SEQPOOL_COMPILED"] = True
            for part in ("TESTS", "EXAMPLES", "RUNTIME_EXAMPLES"):
                toolchain.cache_variables[f"SEQPOOL_BUILD_{part}"] = False
            toolchain.cache_variables["SEQPOOL_INSTALL"] = False
            toolchain.generate()

    def build(self):
        if self._compiled:
            cmake = CMake(self)
            cmake.configure()
            cmake.build(target="seqpool_io")

    def package(self):
        for library in ("*.a", "*.lib"):
            copy(self, library, self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "include/*.hpp", self.source_folder, self.package_folder)

    def package_id(self):
        if not self.info.options.get_safe("compiled"):
            self.info.clear()  # the same headers for all: with_json is about what they need

    def package_info(self):
        # The targets have the names that seqpool's own package gives them; this one is both together.
        self.cpp_info.set_property("cmake_target_name", "seqpool::all")
        self.cpp_info.set_property("pkg_config_name", "seqpool-all")
        core = self.cpp_info.components["seqpool"]
        core.set_property("cmake_target_name", "seqpool::seqpool")
        core.set_property("pkg_config_name", "seqpool")
        core.requires = ["eigen::eigen"]
        parts = [core]
        if self.options.with_json:
            io = self.cpp_info.components["io"]
            io.set_property("cmake_target_name", "seqpool::io")
            io.set_property("pkg_config_name", "seqpool-io")
            io.requires = ["seqpool", "nlohmann_json::nlohmann_json"]
            model = self.cpp_info.components["model"]
            model.set_property("cmake_target_name", "seqpool::model")
            model.set_property("pkg_config_name", "seqpool-model")
            model.requires = ["io"]
            parts += [io, model]
        for part in parts:
            part.bindirs = []
            part.libdirs = []
        if self._compiled:
            io.requires = ["seqpool"]
            io.defines = ["SEQPOOL_COMPILED"]
            io.libdirs = ["lib"]
            io.libs = ["seqpool"]
