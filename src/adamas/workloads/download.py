"""Files from the network, verified and kept: a name and a checksum come in, bytes go out.

They are kept under $XDG_CACHE_HOME/adamas, or ~/.cache/adamas.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from adamas.errors import OptionError
from adamas.workloads.idx import unpacked

TIMEOUT = 30  # seconds without a byte
LARGEST = 64 * 2**20  # no file of ours is larger; a mirror that sends more is refused


def cache() -> Path:
    """Return the folder for downloads."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "adamas"


def fetch(name: str, sha256: str, mirrors: Sequence[str], folder: str) -> bytes:
    """Return the file `name`, from the cache or from the first mirror that has the right one.

    `sha256` is that of the content without gzip: the same content is packed in several ways.
    Raises `OptionError` where no mirror has it; nothing wrong is ever kept.
    """
    kept = cache() / folder / name
    if kept.is_file():
        data = kept.read_bytes()
        if _is_right(data, sha256):
            return data
        # Damaged on this disk: fetched again.
    failures = []
    for mirror in mirrors:
        print(f"Downloading {mirror}{name}", file=sys.stderr, flush=True)
        try:
            with urlopen(mirror + name, timeout=TIMEOUT) as answer:
                data = answer.read(LARGEST + 1)
        except (OSError, HTTPException, ValueError) as error:
            failures.append(f"{mirror}: {error}")
            continue
        if len(data) <= LARGEST and _is_right(data, sha256):
            _keep(kept, data)
            return data
        failures.append(f"{mirror}: the content is not the one expected (SHA-256 differs)")
    raise OptionError(f"{name} could not be downloaded ({'; '.join(failures)})")


def _is_right(data: bytes, sha256: str) -> bool:
    try:
        return hashlib.sha256(unpacked(data)).hexdigest() == sha256
    except OptionError:
        return False


def _keep(path: Path, data: bytes) -> None:
    """Write the file whole or not at all. A disk that is full or read-only is no reason to stop."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Inside a folder of its own, which is removed with whatever is left in it.
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = Path(folder) / path.name
            fresh.write_bytes(data)
            os.replace(fresh, path)
    except OSError as error:
        print(f"{path} could not be written ({error}); not kept.", file=sys.stderr)
