"""Networks under weights by formula against public code that was run once with the same weights on the same picture.

HRNet: leoxiaobin/deep-high-resolution-net.pytorch, hourglass: bearpaw/pytorch-pose (one residual a block), CPN:
GengDavid/pytorch-cpn, laid out as in the authors' code (identity shortcuts, biased convolutions for normalised ones) and
enlarging in our continuous frame.
"""

import pytest
import torch

from smpl_assets.skeletons import get_skeleton
from tests.training.systems.formula import fill, picture, sample
from training.codecs.codec import Knobs
from training.systems.build import build_model

PUBLIC = {
    ("hrnet_w32", "coco17"): [
        "9.0982 0.00078267 8.9177 5.2323 8.403 -15.662 -6.2868 7.653 13.865 2.651 -6.155 4.0823",
    ],
    ("hourglass_2", "mpii16"): [
        "5.4199 5.0412 3.5528 -1.2711 -3.5457 -5.4375 -4.6295 -0.34794 2.184 5.3863 5.3356 4.1152",
        "415.64 221.29 -21.118 -439.83 -524.28 -356.31 -139.93 330.5 481.46 458.18 287.74 55.055",
    ],
    ("cpn_resnet50", "coco17"): [
        "-0.058044 0.15894 -0.15661 0.054102 -0.23114 0.027816 -0.17726 0.084533 -0.075917 0.18605 -0.0024506 0.20709",
        "-0.11547 -0.064813 -0.11285 -0.017452 -0.0014936 0.096391 0.063129 0.12544 0.033774 0.072435 -0.073405 -0.041762",
        "0.03009 -0.0074325 0.13121 0.056796 0.10913 0.01487 0.023142 -0.079163 -0.051933 -0.13294 -0.020363 -0.060663",
        "0.033202 0.16337 -0.069513 0.055732 -0.17253 -0.018514 -0.17264 0.016375 -0.078963 0.10755 -0.0015798 0.155",
        "-0.21501 0.1259 -0.25384 0.14222 -0.17411 0.23746 -0.10395 0.26502 -0.12854 0.20109 -0.23858 0.08513",
    ],
}


@pytest.mark.parametrize(("name", "skeleton"), list(PUBLIC))
def test_outputs_are_those_of_public_code(name, skeleton):
    network = build_model(name, get_skeleton(skeleton), 0, Knobs()).network
    fill(network)
    with torch.inference_mode():
        outputs = network(picture(64, 64))
    for output, numbers in zip(outputs, PUBLIC[name, skeleton], strict=True):
        expected = [float(number) for number in numbers.split()]
        assert sample(output) == pytest.approx(expected, rel=1e-4, abs=1e-5 * float(output.abs().max()))
