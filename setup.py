"""Builds the extension psionic._core by CMake; everything else is in pyproject.toml."""
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

root = pathlib.Path(__file__).resolve().parent
version = re.search(r"project\(psionic VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text()).group(1)


class CMakeBuild(build_ext):
    def build_extension(self, extension):
        folder = pathlib.Path(self.build_temp).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF", f"-DPSIONIC_PYTHON={sys.executable}"]
        if shutil.which("ninja"):
            options += ["-G", "Ninja"]
        if shutil.which("ccache"):
            options += ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"]
        subprocess.check_call(["cmake", "-S", str(root), "-B", str(folder), *options])
        subprocess.check_call(["cmake", "--build", str(folder), "--target", "psionic-python", "--parallel"])
        built = next((folder / "python" / "psionic").glob("_core.*"))
        place = pathlib.Path(self.get_ext_fullpath(extension.name))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built, place)
        shutil.copy(folder / "generated" / "python" / "core.pyi", place.parent / "core.pyi")


setup(version=version, ext_modules=[Extension("psionic._core", [])], cmdclass={"build_ext": CMakeBuild})
