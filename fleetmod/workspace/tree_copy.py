"""A tree of git's (its index, a commit) as files of a folder: what reads a repository's disk can be
asked of it, and nothing is checked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.history import Blobs


class TreeCopy:
    """Holds one tree after another in one folder; a file that stays the same is not written anew.

    A tree is the blob of each file, by its path.
    """

    def __init__(self, folder: Path, reads: Callable[[str], bool] = lambda _: True) -> None:
        """`reads` tells by its path whether a file's content is asked for; others are empty."""
        self.folder, self._reads = folder, reads
        self._held: dict[str, str] = {}

    def show(self, tree: Mapping[str, str], reader: Blobs, lenient: bool = False) -> None:
        """Have the folder hold `tree` and nothing else.

        Raises FleetmodError where git lacks a content, which is left out if `lenient`, and where
        the disk refuses.
        """
        for path in self._held.keys() - tree.keys():
            (self.folder / path).unlink()
            del self._held[path]
        for path, blob in tree.items():
            if self._held.get(path) == blob:
                continue
            data = reader.read(blob) if self._reads(path) else b""
            if data is not None:
                self._write(path, blob, data)
            elif not lenient:
                raise FleetmodError(
                    f"git has no content of the blob {blob[:12]}",
                    where=path,
                    todo="In a partial or shallow clone, fetch the history first",
                )

    def _write(self, path: str, blob: str, data: bytes) -> None:
        place = self.folder / path
        try:
            if place.is_dir():
                _remove_empty(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        except OSError as error:
            raise FleetmodError(
                f"cannot be copied to {self.folder}: {error.strerror}",
                where=path,
                exit_code=UNPROVEN,
            ) from error
        self._held[path] = blob


def _remove_empty(folder: Path) -> None:
    """Folders are left where a tree before had files below them."""
    for each in folder.iterdir():
        _remove_empty(each)
    folder.rmdir()


@contextmanager
def tree_copy(name: str, reads: Callable[[str], bool]) -> Iterator[TreeCopy]:
    """A copy in a folder called `name` that is gone with the block."""
    with TemporaryDirectory(prefix="fleetmod-tree-") as folder:
        place = Path(folder) / (name or "root")
        place.mkdir()
        yield TreeCopy(place, reads)
