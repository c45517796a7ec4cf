import subprocess
import sys

import pytest
from pydantic import ValidationError

from training.augmented.settings import AugmentSettings
from training.evaluate_settings import EvaluateSettings
from training.train_settings import NetworkSettings, TrainSettings


def test_settings_import_nothing_heavy():
    heavy = ("torch", "cv2", "numpy", "sklearn", "luigi", "lightning")
    code = f"import sys, training.runs, training.augmented.settings; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_defaults_are_the_thesis():
    train, evaluate = TrainSettings(), EvaluateSettings()
    assert (train.network, train.input_size, train.sigma, train.scale_range, train.rotation_deg) == (
        "simple_resnet50",
        (256, 192),
        2.0,
        0.3,
        40.0,
    )
    assert train.variants == ("baseline", "turn", "longer", "drp", "asrp", "asrpt", "wlcd", "drp+asrpt+wlcd")
    assert (evaluate.pck_threshold, evaluate.pckh_threshold) == (0.2, 0.5)
    assert (AugmentSettings().weight_slope, AugmentSettings().weight_range) == (1.0, 0.5)


def test_a_preset_gives_what_is_left_out():
    published = NetworkSettings(network="simple_resnet50", preset="published", lr=5e-4)
    assert (published.lr, published.scale_range, published.model_fields_set >= {"epochs", "rotation_deg"}) == (5e-4, 0.3, True)
    train = TrainSettings(epochs=3, networks={"a": {"network": "simple_resnet50", "preset": "published"}, "b": {}})
    assert (train.of("a").epochs, train.of("b").epochs) == (140, 3)
    by_hand = NetworkSettings(network="simple_resnet50", lr=5e-4)
    assert "preset" not in TrainSettings().of_training()
    assert published.model_dump(exclude={"preset"}) == by_hand.model_dump(exclude={"preset"})


@pytest.mark.parametrize(
    ("section", "values", "says"),
    [
        (TrainSettings, {"input_size": (16, 192)}, "at least 32"),
        (TrainSettings, {"variants": ("baseline", "dacp")}, "evaluate.variants"),
        (TrainSettings, {"variants": ()}, "no variant"),
        (TrainSettings, {"variants": ("basline",)}, "'basline'"),
        (TrainSettings, {"milestones": (0.9, 0.5)}, "rising"),
        (TrainSettings, {"milestones": (1.5,)}, "between 0 and 1"),
        (TrainSettings, {"preset": "published", "network": "simple_tiny"}, "networks with a preset: simple_resnet50"),
        (TrainSettings, {"preset": "published"}, "network = ''"),
        (TrainSettings, {"epoch": 3}, "epoch"),
        (EvaluateSettings, {"taus": (1.2, 1.0)}, "rise"),
        (EvaluateSettings, {"shares": (2.0,)}, "between 0 and 1"),
        (EvaluateSettings, {"dacp_networks": ("baseline", "dacp")}, "dacp is not one"),
        (TrainSettings, {"variants": ("drp", "drp")}, "listed 2 times"),
        (TrainSettings, {"network": "simple_huge"}, "not known"),
        (TrainSettings, {"codec": "heatmaps"}, "not known"),
        (EvaluateSettings, {"metrics": ("mpjpe",)}, "mpjpe|pck"),
        (AugmentSettings, {"max_synthetic_ratio": 0}, "greater than 0"),
    ],
)
def test_wrong_values_are_refused(section, values, says):
    with pytest.raises(ValidationError, match=says):
        section(**values)
