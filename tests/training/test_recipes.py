import itertools

import pytest
from pydantic import ValidationError

from smpl_assets.errors import InputError
from training.evaluate_settings import EvaluateSettings
from training.recipes import THESIS, Recipe, Row, canonical, distinct, recipe_of, title_of
from training.runs import baseline_of, evaluated_rows, kinds_asked_for, networks_of, trained_rows, trainings
from training.train_settings import TrainSettings
from training.train_stage import training_seed

PARTS = tuple(THESIS)


def test_every_combination_is_read_and_named_canonically():
    for size in range(1, len(PARTS) + 1):
        for parts in itertools.permutations(PARTS, size):
            name = canonical(" + ".join(parts).upper())
            assert name == "+".join(p for p in PARTS if p in parts)
            recipe = recipe_of(name)
            assert [recipe.again == 1, recipe.render, recipe.translated, recipe.fill, recipe.weighted] == [
                p in parts for p in PARTS
            ]


def test_baseline_and_titles():
    assert recipe_of("baseline") == Recipe()
    assert recipe_of("asrp+asrpt").kinds == ("real", "render", "translated")
    assert recipe_of("fill+asrp").kinds == ("real", "render", "fill")
    assert [title_of(n) for n in ("baseline", "dacp", "drp+wlcd", "mine+drp")] == ["Baseline", "DACP", "DRP + WLCD", "mine + DRP"]
    assert [title_of(n) for n in ("turn", "longer", "turn+longer", "asrp+turn")] == [
        "Baseline, any rotation", "Baseline, twice the steps", "Baseline, any rotation, twice the steps", "ASRP, any rotation",
    ]  # fmt: skip
    with pytest.raises(InputError, match="dacp"):
        recipe_of("dacp")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "''"),
        ("drp+", "''"),
        ("asrq", "'asrq' is not a part"),
        ("drp+drp", "'drp' appears 2 times"),
        ("baseline+drp", "baseline stands alone"),
        ("dacp+wlcd", "dacp stands alone"),
    ],
)
def test_wrong_recipes_say_what_is_wrong_and_what_is_known(text, says):
    with pytest.raises(InputError, match=says) as caught:
        canonical(text)
    assert "drp, asrp, asrpt, fill, wlcd, turn, longer" in caught.value.next_step


def test_two_spellings_of_one_recipe_are_refused():
    assert distinct(("wlcd+drp", "baseline")) == ("drp+wlcd", "baseline")
    with pytest.raises(InputError, match="'drp\\+wlcd' is listed 2 times"):
        distinct(("wlcd+drp", "drp+wlcd"))


def test_recipes_of_ones_own():
    settings = TrainSettings(recipes={"thrice": {"again": 2}}, variants=("baseline", "thrice", "wlcd+thrice"))
    assert [r.name for r in trained_rows(settings)] == ["baseline", "thrice", "wlcd+thrice"]
    assert recipe_of("thrice+wlcd", settings.recipes) == Recipe(again=2, weighted=True)
    for name in ("drp", "turn", "longer", "baseline", "a+b", "A"):
        with pytest.raises(ValidationError, match="not a name for a recipe"):
            TrainSettings(recipes={name: {}})


def test_cheap_rivals_change_rotation_and_length_only():
    assert recipe_of("turn") == Recipe(rotation_deg=180)
    assert recipe_of("longer") == Recipe(steps=2)
    joined = recipe_of("longer+mine+turn", {"mine": Recipe(rotation_deg=90, steps=1.5, render=True)})
    assert joined == Recipe(rotation_deg=180, steps=2, render=True)
    assert recipe_of("baseline").rotation == {}
    assert set(joined.rotation) == {"rotation_deg", "rotation_rare_deg", "rotation_synthetic_deg"}


def test_one_network_gives_the_rows_of_old_configurations():
    train = TrainSettings()
    assert [r.name for r in trained_rows(train)] == [
        "baseline", "turn", "longer", "drp", "asrp", "asrpt", "wlcd", "drp+asrpt+wlcd",
    ]  # fmt: skip
    assert [r.name for r in evaluated_rows(train, EvaluateSettings())] == [*train.variants, "dacp"]
    assert [t.unit for t in trainings(train, Row("", "drp"))] == ["drp"]


def test_what_is_not_trained_is_not_evaluated():
    train = TrainSettings(variants=("baseline", "drp"))
    assert [r.name for r in evaluated_rows(train, EvaluateSettings())] == ["baseline", "drp"]
    assert kinds_asked_for(train) == ("real",)
    assert kinds_asked_for(TrainSettings(variants=("wlcd", "asrpt"))) == ("real", "translated")
    with pytest.raises(InputError, match="wlcd needs the network wlcd, which train"):
        evaluated_rows(train, EvaluateSettings(variants=("wlcd",)))


def test_networks_by_recipes_by_seeds():
    train = TrainSettings(
        epochs=9, seeds=3, networks={"small": {"network": "simple_small"}, "tiny": {"network": "simple_tiny", "epochs": 4}}
    )
    evaluate = EvaluateSettings()
    rows = trained_rows(train)
    assert [r.name for r in rows] == [f"{n}/{v}" for n in ("small", "tiny") for v in train.variants]
    assert (train.of("small").network, train.of("small").epochs, train.of("tiny").epochs) == ("simple_small", 9, 4)
    units = [t.unit for t in trainings(train, rows[0])]
    assert units == ["small/baseline", "small/baseline#2", "small/baseline#3"]
    assert training_seed(7, 0) == 7
    assert len({training_seed(7, t.index) for t in trainings(train, rows[0])}) == 3
    found = evaluated_rows(train, evaluate)
    assert [r.name for r in found if r.recipe in ("baseline", "dacp")] == [
        "small/baseline", "tiny/baseline", "small/dacp", "tiny/dacp",
    ]  # fmt: skip
    assert baseline_of(Row("tiny", "drp"), train, evaluate) == Row("tiny", "baseline")
    assert baseline_of(Row("tiny", "baseline"), train, evaluate) is None
    assert Row("tiny", "drp").title == "tiny: DRP"


def test_dacp_over_two_networks():
    train = TrainSettings(
        networks={"a": {"network": "simple_tiny"}, "b": {"network": "simple_small"}}, variants=("baseline", "drp")
    )
    evaluate = EvaluateSettings(dacp_networks=("a/baseline", "b/drp"))
    rows = evaluated_rows(train, evaluate)
    assert [r.name for r in rows] == ["a/baseline", "b/baseline", "a/drp", "b/drp", "dacp"]
    assert networks_of(rows[-1], train, evaluate) == (Row("a", "baseline"), Row("b", "drp"))
    assert baseline_of(rows[-1], train, evaluate) == Row("a", "baseline")
    with pytest.raises(InputError, match="no network 'c'"):
        evaluated_rows(train, EvaluateSettings(variants=("c/drp",)))


def test_networks_have_keys_and_labels_that_can_be_used():
    with pytest.raises(ValidationError, match="no label"):
        TrainSettings(networks={"a/b": {}})
    with pytest.raises(ValidationError, match="networks"):
        TrainSettings(networks={"a": {"networks": {}}})
    with pytest.raises(ValidationError, match="deconv_channels"):
        TrainSettings(network="simple_tiny", options={"deconvs": 3})
