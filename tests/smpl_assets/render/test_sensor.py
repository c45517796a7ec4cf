"""The sensor: curves, noise, blur, what is measured on photographs."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from smpl_assets.sensor import (
    SensorSpec,
    add_noise,
    blur,
    develop,
    expose,
    jpeg_quality,
    motion_kernel,
    noise_level,
    photo_statistics,
    shoulder,
    srgb_table,
    to_linear,
    to_srgb,
)


def test_light_and_srgb_are_inverse_to_each_other():
    value = np.arange(256, dtype=np.uint8)
    assert np.allclose(to_linear(value), srgb_table())
    assert np.abs(to_srgb(to_linear(value)) * 255 - value).max() < 0.3
    assert to_srgb(np.array([-1.0, 2.0], np.float32)).tolist() == [0.0, 1.0]


def test_the_shoulder_keeps_the_dark_and_bends_the_bright():
    value = np.linspace(0, 3, 50, dtype=np.float32)
    bent = shoulder(value)
    assert np.allclose(bent[value <= 0.6], value[value <= 0.6])
    assert (np.diff(bent) > 0).all()
    assert bent.max() < 1.3


def test_noise_has_the_strength_it_is_asked_for_and_depends_on_the_seed():
    grey = np.full((256, 256, 3), 115, np.uint8)
    spec = SensorSpec(noise=6.0, chroma=0.0, seed=1)
    noisy = add_noise(grey, spec)
    assert (noisy.astype(float) - grey).std() == pytest.approx(6.0, rel=0.2)
    assert noisy.mean() == pytest.approx(115, abs=0.2)
    assert np.array_equal(noisy, add_noise(grey, spec))
    assert not np.array_equal(noisy, add_noise(grey, replace(spec, seed=2)))
    assert add_noise(grey, replace(spec, noise=0.0)) is grey


def test_noise_covers_images_larger_than_its_field():
    assert add_noise(np.full((1100, 1500, 3), 128, np.uint8), SensorSpec(noise=3.0)).shape == (1100, 1500, 3)


def test_blur_keeps_the_light_and_spreads_it_along_the_motion():
    image = np.zeros((41, 41, 3), np.float32)
    image[20, 20] = 1
    moved = blur(image, SensorSpec(motion_px=9.0, motion_rad=0.0))
    assert moved.sum() == pytest.approx(3, rel=1e-3)
    rows, columns = np.nonzero(moved[..., 0] > 0.02)
    assert np.ptp(columns) >= 6
    assert np.ptp(rows) <= 2
    soft = blur(image, SensorSpec(defocus_px=1.5))
    assert soft[20, 20, 0] < 0.2
    assert blur(image, SensorSpec()) is image
    assert motion_kernel(7.0, 0.8).sum() == pytest.approx(1)


def test_a_sensor_without_saturation_ends_in_grey_of_the_same_luminance():
    linear = np.random.default_rng(0).uniform(0, 0.5, (4, 4, 3)).astype(np.float32)
    grey = develop(linear, SensorSpec(saturation=0.0))
    assert np.array_equal(grey[..., 0], grey[..., 2])
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    assert np.abs(grey[..., 0] / 255 - to_srgb(luminance)).max() < 0.01


def test_development_exposes_and_balances_linear_light():
    linear = np.full((1, 1, 3), 0.2, np.float32)
    brighter = develop(linear, SensorSpec(exposure=2.0, white_balance=(1.0, 1.0, 0.5)))[0, 0]
    assert np.abs(brighter - 255 * to_srgb(np.array([0.4, 0.4, 0.2], np.float32))).max() < 1


def test_a_background_is_exposed_as_its_light_would_be():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    assert np.array_equal(expose(image, SensorSpec()), image)
    brighter = expose(image, SensorSpec(exposure=1.5))
    off = np.abs(brighter - 255 * to_srgb(1.5 * to_linear(image)))
    assert off[image > 10].max() < 1  # above sRGB's linear part
    assert off.max() < 4
    grey = expose(image, SensorSpec(saturation=0.0)).astype(int)
    assert np.abs(grey[..., 0] - grey[..., 1]).max() == 0


def test_bytes_are_blurred_as_floats_are():
    image = np.zeros((31, 31, 4), np.uint8)
    image[15, 15] = 255
    spec = SensorSpec(defocus_px=1.0)
    assert np.abs(blur(image, spec) - blur(image.astype(np.float32), spec)).max() <= 1.5


def textured(noise: float) -> np.ndarray:
    smooth = cv2.resize(np.random.default_rng(0).uniform(60, 190, (9, 9, 3)), (320, 320), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + noise * np.random.default_rng(1).standard_normal((320, 320, 3)), 0, 255).astype(np.uint8)


def test_noise_is_measured_where_the_picture_is_flat():
    levels = [noise_level(textured(n)) for n in (0.0, 3.0, 8.0)]
    assert levels[0] < 1.0
    assert levels[0] < levels[1] < levels[2]
    assert levels[2] == pytest.approx(8 * 0.67, rel=0.35)  # the grey of three independent channels


@pytest.mark.parametrize("quality", [40, 75, 92])
def test_jpeg_quality_is_read_from_the_tables(tmp_path, quality):
    cv2.imwrite(str(tmp_path / "a.jpg"), textured(3.0), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert jpeg_quality(tmp_path / "a.jpg") == pytest.approx(quality, abs=2)
    cv2.imwrite(str(tmp_path / "a.png"), textured(3.0))
    assert jpeg_quality(tmp_path / "a.png") == 0


def test_statistics_leave_out_what_cannot_be_read(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no")
    cv2.imwrite(str(tmp_path / "a.jpg"), textured(3.0))
    found = photo_statistics(sorted(tmp_path.iterdir()))
    assert len(found) == 1
    assert found.noise[0] > 0.3
    assert found.skipped == {"not a readable image": 1}
