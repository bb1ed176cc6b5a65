"""A function's code is unpacked once, however many of its instances ask for it at a time."""

import subprocess
from pathlib import Path

import pytest

from sandbox.home import ROOT

PYTHON = ROOT / ".tools" / "cloud" / "bin" / "python"
PROBE = """
import os, shutil, sys, tempfile, zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from embedded_aws import SharedCode

here = Path(sys.argv[2])
tempfile.tempdir = str(here)

def packed(name, text):
    with zipfile.ZipFile(here / name, "w") as archive:
        archive.writestr("code.py", text)
    return here / name

def unpacked(archive):
    with SharedCode(archive) as found:
        found.extractall(folder := Path(tempfile.mkdtemp()))
    return folder

one, other = packed("1", "a = 1"), packed("3", "a = 2")
same = shutil.copy(one, here / "2")
with ThreadPoolExecutor(4) as pool:
    instances = list(pool.map(unpacked, [one, one, same, one]))
print({os.path.realpath(each) for each in instances} == {os.path.realpath(instances[0])})
print([(each / "code.py").read_text() for each in (instances[3], unpacked(other))])
print(sum(each.is_dir() and not each.is_symlink() for each in here.iterdir()))
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="the embedded AWS is not installed: `make setup`")
def test_instances_of_one_function_share_its_code_and_no_other(tmp_path: Path) -> None:
    told = subprocess.run(  # noqa: S603 - the embedded AWS's own interpreter, our own words
        [PYTHON, "-c", PROBE, ROOT / "sandbox", tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.splitlines() == ["True", "['a = 1', 'a = 2']", "2"]
