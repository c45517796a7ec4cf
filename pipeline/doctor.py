"""`rarepose doctor`: what this machine has, what is missing, and what it would bring."""

from __future__ import annotations

from importlib import util
from pathlib import Path

from pipeline.config import Config
from pipeline.finding import Finding, finding
from pipeline.fingerprint import version_of
from pipeline.grid import mark, show_grid, stdout_encoding
from pipeline.shape import Shape
from pipeline.skeleton_check import require, skeleton_of
from pipeline.stages import STAGES
from pipeline.surroundings import surroundings
from pipeline.tasks.render import BUILT_IN
from pipeline.tasks.shared import places_of, split_of
from smpl_assets.cores import usable_cores
from smpl_assets.errors import InputError
from smpl_assets.opencv_wheels import ONE_WHEEL, installed_wheels
from training.cross_fit.check import check_choice
from training.feeds.edge_boxes import edge_boxes_there
from training.limits import remarks
from training.runs import labels
from training.start.shipped import start_file
from training.systems.check import check_networks
from training.train_settings import AUTO

# Module, what it brings, how to get it, and what its absence is.
PARTS = (
    ("warp", "Warp renderer", "", "problem"),
    ("smplx", "smplx", "SMPL bodies (its licence forbids commercial use); pip install 'rarepose[smpl]'", "none"),
    ("pytorch3d", "PyTorch3D renderer", "the second renderer, to compare with; docs/rendering.md says how to build it", "none"),
    ("ray", "Ray", "--engine ray: shards on a cluster; pip install 'rarepose[ray]'", "none"),
)
NEEDED = (
    *("torch", "torchvision", "lightning", "luigi", "anny", "warp-lang", "scikit-learn"),
    "pycocotools",
)


def examine(config: Config | None, store: Path) -> list[Finding]:
    """Look at libraries, GPU, renderers, the machine around a run, body files and data sets."""
    cores = Finding("CPU", "ok", f"{usable_cores()} cores", "one worker each where there is no GPU")
    loaders = max(config.train.workers, config.evaluate.workers) if config else 0
    there = {module: util.find_spec(module) is not None for module, *_ in PARTS}
    extras = [finding(t, there[m], "installed" if there[m] else "not installed", b, absent) for m, t, b, absent in PARTS]
    versions = {name: version_of(name) for name in NEEDED}
    found = [finding(n, bool(v), v or "not installed", "pip install --editable .") for n, v in versions.items()]
    found += [_opencv(), _gpu(), cores, *extras, *surroundings(store, loaders)]
    if config is None:
        return [*found, _smpl("", "")]
    return [*found, *_bodies(config), *_data(config), *_folders(config), _networks(config), *_starts(config)]


def show(findings: list[Finding]) -> int:
    """Print the findings; 1 if there is a problem."""
    encoding = stdout_encoding()
    rows = [(mark(f.state, encoding), f.topic, f.what, f.brings) for f in findings]
    show_grid(rows, styles=("", "bold", "", "dim"))
    return int(any(f.state == "problem" for f in findings))


def _place(topic: str, there: bool, what: str, brings: str) -> Finding:
    """A file or folder that is there, or is not."""
    return finding(topic, there, what if there else f"{what} is not there", brings)


def _opencv() -> Finding:
    wheels = installed_wheels()
    what = ", ".join(f"{name} {version}" for name, version in wheels.items())
    if not wheels:
        return Finding("OpenCV", "problem", "not installed", "pip install --editable .")
    if len(wheels) > 1:
        return Finding("OpenCV", "none", f"{what}: all own the folder cv2", ONE_WHEEL)
    return finding("OpenCV", edge_boxes_there(), what, f"Edge Boxes for the global-local network; {ONE_WHEEL}", "none")


def _gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        why = "none" if torch.version.cuda else "none (torch's CPU build)"
        return Finding("GPU", "none", why, "training and rendering many times faster; everything works without")
    names = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return Finding("GPU", "ok", ", ".join(f"{n.name} {n.total_memory / 2**30:.0f} GiB" for n in names), "one worker each")


def _bodies(config: Config) -> list[Finding]:
    if config.body.name == "anny":
        return [Finding("body", "ok", "Anny (Apache-2.0, from the package)"), _smpl(config.body.model, config.body.uv)]
    return [_smpl(config.body.model, config.body.uv, needed=True)]


def _smpl(model: str, uv: str, needed: bool = False) -> Finding:
    missing = [n for n, v in (("body.model", model), ("body.uv", uv)) if not v or not Path(v).expanduser().exists()]
    if not missing:
        return Finding("SMPL files", "ok", f"{model}, {uv}")
    brings = "the SMPL body and SURREAL's textures (licensed: smpl.is.tue.mpg.de); set body.name, body.model and body.uv"
    return Finding("SMPL files", "problem" if needed else "none", f"{', '.join(missing)} not there", brings)


def _data(config: Config) -> list[Finding]:
    found = []
    for split in ("train", "validation"):
        settings = split_of(config, split)
        if settings.made:
            found.append(Finding(f"data.{split}", "ok", f"{settings.format}, {settings.people} people, made here"))
            continue
        try:
            places = places_of(config, split)
        except InputError as error:
            found.append(Finding(f"data.{split}", "problem", error.what, error.next_step))
            continue
        for name, value in (("annotations", settings.annotations), ("images", places.images if places else None)):
            there, brings = bool(value) and Path(value or "").exists(), f"set data.root and data.{split}.{name}"
            found.append(_place(f"data.{split}", there, f"{name}: {value or 'not named'}", brings))
        if Path(settings.annotations).exists():
            found += _skeleton(config, split)
    return found


def _skeleton(config: Config, split: str) -> list[Finding]:
    """What the annotations' own names make of the people, and what such people cannot have."""
    try:
        skeleton = skeleton_of(config, split)
        if skeleton is None:
            return []
        stages = {s.name for s in Shape(config, STAGES).upstream([STAGES[-1].name])} if split == "train" else ()
        require(config, skeleton, stages)
    except InputError as error:
        return [Finding(f"data.{split}", "problem", error.what, error.next_step)]
    named = Finding(f"data.{split}", "ok", f"skeleton {skeleton.name}, {len(skeleton)} keypoints")
    return [named, *(Finding(f"data.{split}", "none", remark) for remark in remarks(skeleton))]


def _networks(config: Config) -> Finding:
    names = ", ".join(dict.fromkeys(config.train.of(label).network for label in labels(config.train)))
    try:
        check_networks(config.train)
        check_choice(config.rare_poses, config.train)
    except InputError as error:
        return Finding("networks", "problem", error.what, error.next_step)
    return Finding("networks", "ok", names)


def _starts(config: Config) -> list[Finding]:
    """Networks that `train.start = "auto"` leaves to chance."""
    settings = [config.train.of(label) for label in labels(config.train)]
    chance = dict.fromkeys(s.network for s in settings if s.start == AUTO and s.weights is None and start_file(s) is None)
    brings = 'train.start = "render" makes some of renders, once; train.weights names an ImageNet file'
    return [Finding("start weights", "none", f"{', '.join(chance)}: none are shipped, so chance", brings)] if chance else []


def _folders(config: Config) -> list[Finding]:
    values = {name: getattr(config.render, name) for name in BUILT_IN}
    there = {name: v in BUILT_IN[name] or Path(v).expanduser().is_dir() for name, v in values.items()}
    return [_place(name, there[name], value, f"render.{name}") for name, value in values.items()]
