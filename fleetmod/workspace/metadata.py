"""What a file has beside its content: owner, mode, access list, extended attributes, times."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

# the file system has no such thing, or only root may have it
_NOT_HERE = (errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENODATA)
_ACCESS_LIST = "system.posix_acl_access"
_COPY_ACCESS_LIST_AND_ATTRIBUTES = 1 << 0 | 1 << 2  # COPYFILE_ACL | COPYFILE_XATTR of copyfile.h


def copy_metadata(source: int, copy: int, times: bool = False) -> None:
    """Give the open file `copy` what `source` has, for all that the user may.

    Linux keeps access lists as extended attributes, which the standard library reads. That of
    macOS has neither there, so copyfile(3) does it. Raises OSError where the disk is full.
    """
    found, made = os.fstat(source), os.fstat(copy)
    if (found.st_uid, found.st_gid) != (made.st_uid, made.st_gid):
        with suppress(PermissionError):  # only root may give a file away
            os.fchown(copy, found.st_uid, found.st_gid)
    # after the owner, whose change takes some away; before the mode, which an access list changes
    if sys.platform == "darwin":
        _copy_on_macos(source, copy)
    elif sys.platform == "linux":
        _copy_attributes(source, copy)
    now = os.fstat(copy)
    is_same_owner = (now.st_uid, now.st_gid) == (found.st_uid, found.st_gid)
    # "run as the owner" must not come to mean somebody else
    os.fchmod(copy, found.st_mode & (0o7777 if is_same_owner else 0o777))
    if times:
        os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))


if sys.platform == "linux":

    def _copy_attributes(source: int, copy: int) -> None:
        try:
            wanted, there = os.listxattr(source), os.listxattr(copy)
        except OSError:
            return  # this file system has none
        for name in wanted:
            try:
                os.setxattr(copy, name, os.getxattr(source, name))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
        if _ACCESS_LIST in there and _ACCESS_LIST not in wanted:  # of the folder it was made in
            with suppress(OSError):
                os.removexattr(copy, _ACCESS_LIST)


if sys.platform == "darwin":

    def _copy_on_macos(source: int, copy: int) -> None:
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        if library.fcopyfile(source, copy, None, _COPY_ACCESS_LIST_AND_ATTRIBUTES) < 0:
            number = ctypes.get_errno()
            if number not in _NOT_HERE:
                raise OSError(number, os.strerror(number))
