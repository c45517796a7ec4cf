"""Which networks are trained with which recipes, how often, and which rows of the table come of it."""

from __future__ import annotations

from dataclasses import dataclass

from smpl_assets.errors import InputError
from training.evaluate_settings import EvaluateSettings
from training.recipes import ADDED, BASELINE, DACP, Recipe, Row, canonical, distinct, recipe_of
from training.train_settings import TrainSettings


@dataclass(frozen=True)
class Training:
    """One network to be trained: a row, once per seed. unit: its name in the stage `train`."""

    row: Row
    index: int

    @property
    def unit(self) -> str:
        """The row's name, and from the second seed on `#2`, `#3`, ..."""
        return self.row.name if self.index == 0 else f"{self.row.name}#{self.index + 1}"


def labels(train: TrainSettings) -> tuple[str, ...]:
    """The networks of a run by label."""
    return tuple(train.networks) or ("",)


def trained_rows(train: TrainSettings) -> tuple[Row, ...]:
    """Every network with its recipes."""
    return tuple(Row(label, r) for label in labels(train) for r in distinct(train.of(label).variants, train.recipes))


def trainings(train: TrainSettings, row: Row) -> tuple[Training, ...]:
    """The trainings of a row, one per seed."""
    return tuple(Training(row, index) for index in range(train.seeds))


def recipe(train: TrainSettings, row: Row) -> Recipe:
    """What a row changes against the baseline."""
    return recipe_of(row.recipe, train.recipes)


def kinds_asked_for(train: TrainSettings) -> tuple[str, ...]:
    """The kinds of samples that some training sees: `real`, perhaps some of ADDED."""
    asked = {kind for row in trained_rows(train) for kind in recipe(train, row).kinds}
    return tuple(kind for kind in ("real", *ADDED) if kind in asked)


def evaluated_rows(train: TrainSettings, evaluate: EvaluateSettings) -> tuple[Row, ...]:
    """Rows of the table, each network's baseline first; InputError where a row needs a network that is not trained."""
    asked = [row for text in evaluate.variants for row in _read(text, train)] or _all(train, evaluate)
    trained = set(trained_rows(train))
    rows = list(dict.fromkeys(asked))
    for row in rows:
        lacking = [n.name for n in networks_of(row, train, evaluate) if n not in trained]
        if lacking:
            raise InputError(
                f"evaluate.variants: {row.name} needs the network {', '.join(lacking)}, which train.variants lacks",
                "add it to train.variants",
            )
    return tuple(sorted(rows, key=lambda r: r.recipe != BASELINE))


def networks_of(row: Row, train: TrainSettings, evaluate: EvaluateSettings) -> tuple[Row, ...]:
    """The trained rows that a row's predictions come from: itself, or DACP's two."""
    if row.recipe != DACP:
        return (row,)
    return tuple(r for text in evaluate.dacp_networks for r in _read(text, train, row.network))


def baseline_of(row: Row, train: TrainSettings, evaluate: EvaluateSettings) -> Row | None:
    """The row that a row is compared with: the baseline of its network, where that is evaluated; None for itself."""
    base = Row(networks_of(row, train, evaluate)[0].network, BASELINE)
    return base if row != base and base in evaluated_rows(train, evaluate) else None


def _all(train: TrainSettings, evaluate: EvaluateSettings) -> list[Row]:
    """Everything that is trained, and DACP where its networks are."""
    trained = list(trained_rows(train))
    crossed = any("/" in n for n in evaluate.dacp_networks)
    rows = []
    for label in labels(train):
        rows += [r for r in trained if r.network == label]
        pair = Row(label, DACP)
        if not crossed and set(networks_of(pair, train, evaluate)) <= set(trained):
            rows.append(pair)
    if crossed and set(networks_of(Row("", DACP), train, evaluate)) <= set(trained):
        rows.append(Row("", DACP))
    return rows


def _read(text: str, train: TrainSettings, network: str | None = None) -> list[Row]:
    """The rows that a name means: `cpn/drp` one, `drp` that of `network`, or of every network."""
    label, slash, name = text.rpartition("/")
    spelled = canonical(name, train.recipes)
    if slash and label not in train.networks:
        known = ", ".join(train.networks) or "none"
        raise InputError(f"'{text}': there is no network '{label}' in train.networks", f"known: {known}")
    if slash:
        return [Row(label, spelled)]
    return [Row(network, spelled)] if network is not None else [Row(known, spelled) for known in labels(train)]
