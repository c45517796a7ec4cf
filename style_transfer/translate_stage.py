"""The stage `translate`: a trained translator applied to a shard of renders."""

from __future__ import annotations

from pathlib import Path

import cv2

from smpl_assets.work import Bench
from style_transfer.settings import TranslatorSettings
from style_transfer.shards import translate_samples
from style_transfer.translate import load_translator


def translate_shard(render_dir: Path, translator_dir: Path, settings: TranslatorSettings, bench: Bench) -> None:
    """Translate a shard's people and put them back before their backgrounds; writes `images.tar`, `labels.npz`, `summary.json`.

    Every sample gets `drift_px`, `kept`, `kept_reason`; those whose labels no longer hold stay in the shard, marked as not kept.
    """
    cv2.setNumThreads(1)
    translator = load_translator(translator_dir, bench.device).with_settings(settings)
    translate_samples(render_dir, translator, settings, bench)
