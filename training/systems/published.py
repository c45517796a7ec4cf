"""What the publications say that their systems reached; RarePose implements the systems and does not claim the figures.

No stage follows this module.
"""

from __future__ import annotations

from collections.abc import Mapping

PUBLISHED: Mapping[str, str] = {
    "simple_resnet50": "COCO val 70.4 AP",
    "simple_resnet101": "COCO val 71.4 AP",
    "simple_resnet152": "COCO val 72.0 AP",
    "cpn_resnet50": "COCO minival 69.4 AP",
    "hrnet_w32": "COCO val 74.4 AP",
    "hrnet_w48": "COCO val 75.1 AP",
    "hourglass_8": "MPII test 90.9 PCKh",
    "cpm_vgg": "MPII test 88.5 PCKh",
    "ogn_resnet50": "COCO val 69.7 AP",
    "ogn_resnet101": "COCO val 73.8 AP (512 x 384)",
    "ogn_resnet152": "COCO val 74.0 AP (512 x 384)",
    "integral_resnet50": "COCO val 63.3 AP (mmpose)",
    "integral_resnet101": "MPII 91.0 PCKh (backbone not named)",
    "deep_pose": "LSP 0.61 PCP",
    "coarse_to_fine": "FLIC wrist 60.4 PCK@0.05",
    "global_local_resnet101": "LSP 72.8 PCK@0.2",
    "regressor_baseline1": "LSPe presence 82.53 %",
    "regressor_baseline2": "LSPe presence 83.21 %",
    "regressor_alexnet": "LSPe presence 88.82 %",
    "regressor_vgg19": "LSPe presence 84.44 %",
}
