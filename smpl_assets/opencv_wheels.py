"""The wheels that bring OpenCV. All own the folder `cv2`: two overwrite each other, and who removes one breaks the other."""

from __future__ import annotations

from importlib import metadata

OURS = "opencv-contrib-python-headless"
WHEELS = (OURS, "opencv-contrib-python", "opencv-python-headless", "opencv-python")
ONE_WHEEL = f"pip uninstall -y {' '.join(WHEELS)}, then pip install {OURS}"


def installed_wheels() -> dict[str, str]:
    """Name -> version of those that are installed."""
    found = {}
    for name in WHEELS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
