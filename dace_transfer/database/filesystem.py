"""What kind of file system a path is on: a write-ahead log needs memory shared by all who open the file."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "lustre", "gpfs", "beegfs", "ceph", "9p"}
    | {"glusterfs", "afs", "panfs", "pvfs2", "orangefs", "wekafs", "webdav", "davfs", "virtiofs", "vboxsf"}
)


def file_system_of(path: str | Path) -> str:
    """Return the kind of file system that holds a path, existing or not ("ext4", "nfs4", ...), or "unknown"."""
    place = Path(path).expanduser().absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return _deepest(place.resolve(), _mounts())


def is_network(kind: str) -> bool:
    """Whether several machines may hold files of such a file system open at once."""
    return kind.lower() in _NETWORK or (kind.startswith("fuse.") and kind != "fuse.fuseblk")


def _deepest(place: Path, mounts: list[tuple[Path, str]]) -> str:
    depth, found = -1, "unknown"
    for mount, kind in mounts:
        # Of two mounts at one point, the later one covers the earlier.
        if place.is_relative_to(mount) and len(mount.parts) >= depth:
            depth, found = len(mount.parts), kind
    return found


def _mounts() -> list[tuple[Path, str]]:
    table = Path("/proc/self/mounts")
    if table.exists():
        fields = (line.split() for line in table.read_text(errors="replace").splitlines())
        return [(Path(_unescape(f[1])), f[2]) for f in fields if len(f) > 2]
    # Slow to import, and needed only where there is no /proc.
    import psutil

    return [(Path(part.mountpoint), part.fstype) for part in psutil.disk_partitions(all=True)]


def _unescape(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
