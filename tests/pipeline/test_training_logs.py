from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pipeline import training_logs
from pipeline.stages import STAGES
from pipeline.training_logs import TrainingLog
from smpl_assets.errors import InputError

UNIT = ("train", "cpn/drp", "0123456789abcdef")


def trained(store: Path, steps: int, kinds: tuple[str, ...] = ("csv", "tensorboard")) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    log = TrainingLog(
        lambda done, total, **figures: told.append((done, total)), kinds, store, UNIT, {"lr": 0.1, "row": ["cpn", "drp"]}
    )
    log(0, steps)
    for step in range(1, steps + 1):
        log(step, steps, loss=1 / step, lr=0.1)
    log.close(True)
    return told


def test_a_training_leaves_what_it_reported_as_csv_and_tensorboard(tmp_path: Path) -> None:
    assert trained(tmp_path, 5) == [(step, 5) for step in range(6)]
    (folder,) = (tmp_path / "logs/train/cpn/drp/0123456789abcdef").iterdir()
    with open(folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["step"]), float(row["loss"])) for row in rows] == [(step, 1 / step) for step in range(1, 6)]
    events = EventAccumulator(str(folder)).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4, 5]
    assert events.Scalars("lr")[0].value == pytest.approx(0.1)
    assert "lr: 0.1" in (folder / "hparams.yaml").read_text()


def test_every_attempt_has_its_folder_and_curves_are_thinned(tmp_path: Path) -> None:
    trained(tmp_path, 3, ("csv",))
    trained(tmp_path, 5001, ("csv",))
    folder = tmp_path / "logs/train/cpn/drp/0123456789abcdef"
    assert sorted(place.name for place in folder.iterdir()) == ["1", "2"]
    steps = [int(line.split(",")[-1]) for line in (folder / "2/metrics.csv").read_text().splitlines()[1:]]
    assert 800 < len(steps) <= 1001
    assert steps[-1] == 5001


def test_what_reports_no_figures_opens_no_log(tmp_path: Path) -> None:
    log = TrainingLog(lambda done, total, **figures: None, ("csv",), tmp_path, UNIT, {})
    log(1, 1)
    log.close(True)
    assert not (tmp_path / "logs").exists()


def test_loggers_are_chosen_by_name() -> None:
    assert training_logs.chosen_logs(None) == ("csv", "tensorboard")
    assert training_logs.chosen_logs(["wandb", "csv", "wandb"]) == ("wandb", "csv")
    assert training_logs.chosen_logs(["none"]) == ()
    with pytest.raises(InputError, match="one of csv, tensorboard, wandb, mlflow, none"):
        training_logs.chosen_logs(["visdom"])


def test_the_stages_that_train_are_logged() -> None:
    assert {stage.name for stage in STAGES if stage.trains} == {"inverse", "translator", "start", "train", "cross_fit"}


@pytest.mark.parametrize("kind", ["wandb", "mlflow"])
def test_a_logger_that_is_not_installed_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_logs, "find_spec", lambda name: None)
    training_logs.check_logs(["csv"])
    with pytest.raises(InputError, match=f"pip install {kind}"):
        training_logs.check_logs(["csv", kind])
