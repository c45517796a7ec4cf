import itertools

import pytest

from smpl_assets.errors import InputError
from training.variants import DACP_NETWORKS, PARTS, Variant, canonical, networks_of, parse_variant


def test_every_combination_is_read_and_named_canonically():
    for size in range(1, len(PARTS) + 1):
        for parts in itertools.permutations(PARTS, size):
            variant = parse_variant(" + ".join(parts).upper())
            assert variant.name == "+".join(p for p in PARTS if p in parts)
            assert parse_variant(variant.name) == variant
            assert [getattr(variant, p) for p in PARTS] == [p in parts for p in PARTS]


def test_baseline_and_dacp():
    assert parse_variant("baseline") == Variant()
    assert Variant().name == "baseline"
    assert Variant().title == "Baseline"
    assert parse_variant("dacp").dacp
    assert parse_variant("dacp").title == "DACP"
    assert parse_variant("drp+wlcd").title == "DRP + WLCD"


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
def test_wrong_variants_say_what_is_wrong_and_what_is_known(text, says):
    with pytest.raises(InputError, match=says) as caught:
        parse_variant(text)
    assert "drp, asrp, asrpt, wlcd" in caught.value.next_step


def test_two_spellings_of_one_variant_are_refused():
    assert canonical(("wlcd+drp", "baseline")) == ("drp+wlcd", "baseline")
    with pytest.raises(InputError, match="'drp\\+wlcd' is listed 2 times"):
        canonical(("wlcd+drp", "drp+wlcd"))


def test_networks_of_an_evaluation():
    assert networks_of("wlcd+asrp") == ("asrp+wlcd",)
    assert networks_of("dacp") == DACP_NETWORKS == ("baseline", "drp+asrpt+wlcd")
    assert networks_of("dacp", ("baseline", "wlcd+drp")) == ("baseline", "drp+wlcd")
