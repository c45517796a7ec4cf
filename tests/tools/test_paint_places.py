"""The painter of the built-in places: light, shadows, grain, the lens, and that it still paints what is shipped."""

from __future__ import annotations

import numpy as np

from smpl_assets.backgrounds.builtin import KINDS, BuiltinBackgrounds
from tools.paint_places import materials
from tools.paint_places.__main__ import paint
from tools.paint_places.lens import depth_of_field
from tools.paint_places.light import daylight, mirror
from tools.paint_places.noise import Fields
from tools.paint_places.places import PLACES
from tools.paint_places.scenery import lay, new_view, stand
from tools.paint_places.view import FAR_M, Light, View, floor


def level_view() -> tuple[View, Fields]:
    rng = np.random.default_rng(0)
    view, fields = new_view(rng, (96, 128), (1.5, 1.5), (-15, -15))
    return view, fields


def middle(view: View) -> float:
    """x of the floor 3.5 m ahead in the middle of the picture."""
    hit = floor(view)
    return float(np.median(hit.u[np.abs(hit.v - 3.5) < 0.2]))


def floor_pixels(view: View, x: tuple[float, float], z: tuple[float, float]) -> np.ndarray:
    hit = floor(view)
    inside = (hit.u > x[0]) & (hit.u < x[1]) & (hit.v > z[0]) & (hit.v < z[1])
    return view.colour[hit.mask][inside].mean(axis=1)


def test_a_box_throws_its_shadow_away_from_the_sun():
    view, fields = level_view()
    view.light = Light(np.array([0.6, 0.8, 0.0]), np.ones(3), np.full(3, 0.3), np.full(3, 0.2))
    lay(view, 1, 0.0, materials.paint(fields, np.full(3, 0.5), 0.0))
    x = middle(view)
    stand(view, (x, 0.0, 3.0), (0.5, 1.6, 1.0), materials.paint(fields, np.full(3, 0.5), 0.0))
    shaded, lit = floor_pixels(view, (x - 0.7, x - 0.3), (3.2, 3.8)), floor_pixels(view, (x - 0.7, x - 0.3), (2.3, 2.9))
    assert len(shaded) > 20
    assert shaded.max() < 0.5 * lit.min()


def test_shadows_that_overlap_do_not_add():
    dark = []
    for boxes in (1, 2):
        view, fields = level_view()
        view.light = Light(np.array([0.6, 0.8, 0.0]), np.ones(3), np.full(3, 0.3), np.full(3, 0.2))
        lay(view, 1, 0.0, materials.paint(fields, np.full(3, 0.5), 0.0))
        x = middle(view)
        for _ in range(boxes):
            stand(view, (x + 1.0, 1.0, 3.0), (0.8, 1.0, 1.0), materials.paint(fields, np.full(3, 0.5), 0.0))
        dark.append(floor_pixels(view, (x - 0.2, x + 0.3), (3.2, 3.8)))
    assert len(dark[0]) > 20
    np.testing.assert_allclose(dark[0], dark[1], rtol=1e-5)


def test_a_face_towards_the_sun_is_brighter_than_one_in_its_shade():
    light = daylight(np.random.default_rng(3))
    assert (light.on(light.towards) >= light.on(-light.towards)).all()


def test_grain_is_as_wide_in_pixels_far_away_as_near():
    fields, across = Fields(np.random.default_rng(1)), np.arange(4000, dtype=np.float32)
    for depth in (2.0, 2.9, 40.0):
        value = fields.grain(across * depth / 400, 0 * across, np.full(4000, depth, np.float32))
        assert 0.3 < value.std() < 0.8
        assert 0.2 < np.corrcoef(value[:-1], value[1:])[0, 1] < 0.9
        assert abs(np.corrcoef(value[:-8], value[8:])[0, 1]) < 0.3


def test_the_lens_keeps_what_is_in_focus_and_the_light_of_what_is_not():
    view, _ = level_view()
    view.depth[:, :64], view.depth[:, 64:] = 3.0, FAR_M
    view.colour[48, 32], view.colour[48, 96] = 10.0, 10.0
    picture = depth_of_field(view, 3.0, 6.0)
    assert picture[48, 32, 0] > 4
    assert picture[48, 96, 0] < 0.3
    assert np.isclose(picture[:, 80:112].sum(), 30.0, rtol=0.02)


def test_a_polished_floor_mirrors_a_lamp_on_the_wall():
    view, fields = level_view()
    lay(view, 1, 0.0, materials.paint(fields, np.full(3, 0.1), 0.0))
    lay(view, 2, 6.0, materials.paint(fields, np.full(3, 0.1), 0.0))
    before = view.colour.copy()
    stand(view, (-1.0, 1.6, 5.9), (2.0, 0.6, 0.05), materials.paint(fields, np.full(3, 3.0), 0.0), 0.0, 1.0)
    mirror(view, 1.0, 6.0, 1.5)
    gained = (view.colour - before)[..., 0][floor(view).mask]
    assert gained.max() > 0.2
    assert np.median(gained) < 0.1


def test_the_painter_paints_what_is_shipped():
    shipped, painted = BuiltinBackgrounds().place(11).astype(int), paint(11)
    assert tuple(PLACES) == KINDS
    assert np.abs(shipped - painted).mean() < 2
    assert np.abs(shipped - painted).max() < 60
