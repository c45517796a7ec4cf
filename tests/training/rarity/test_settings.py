import pytest
from pydantic import ValidationError

from training.rarity.settings import RareSettings


def test_threshold_and_share_exclude_each_other():
    with pytest.raises(ValidationError, match=r"threshold = 1.0 and rare_share = 0.03: give one of them"):
        RareSettings(threshold=1.0, rare_share=0.03)


def test_sweep_has_a_direction():
    with pytest.raises(ValidationError, match=r"sweep_from = 9 is larger than sweep_to = 7"):
        RareSettings(sweep_from=9, sweep_to=7)


@pytest.mark.parametrize("wrong", [{"clusters": 1}, {"rare_share": 0.0}, {"policy": "best"}, {"tau": 1.0}])
def test_refuses(wrong):
    with pytest.raises(ValidationError):
        RareSettings(**wrong)


def test_auto_follows_the_policy():
    assert RareSettings().missing_policy == "masked"
    assert RareSettings(policy="thesis").missing_policy == "zero"
    assert RareSettings(policy="thesis", missing="complete").missing_policy == "complete"
    assert RareSettings(policy="thesis").keeps_mistakes
    assert not RareSettings().keeps_mistakes
    assert RareSettings(mistakes="keep").keeps_mistakes
    assert not RareSettings(policy="thesis", mistakes="leave_out").keeps_mistakes
