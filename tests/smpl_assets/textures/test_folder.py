import cv2
import numpy as np
import pytest

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.errors import InputError
from smpl_assets.textures.folder import NOT_SQUARE, TOO_SMALL, WRONG_LAYOUT, FolderDresser
from smpl_assets.textures.patches import rasterise_uvs


@pytest.fixture(scope="module")
def body():
    return AnnyBody()


def save(folder, name, image):
    cv2.imwrite(str(folder / name), image)


def texture(seed, height=256, width=256):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)


SHAPE = np.zeros(12)


def test_bad_images_are_skipped_and_counted_by_reason(tmp_path, body):
    save(tmp_path, "good.png", texture(0))
    save(tmp_path, "atlas.png", texture(1, 400, 600))
    save(tmp_path, "tiny.png", texture(2, 64, 64))
    save(tmp_path, "empty.png", np.full((256, 256, 3), 200, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not an image")
    (tmp_path / "notes.txt").write_text("no texture")
    dresser = FolderDresser(tmp_path, body)
    assert {dresser.look(0, SHAPE, seed).name for seed in range(40)} == {"good.png"}
    assert dresser.skipped == {NOT_SQUARE: 1, TOO_SMALL: 1, WRONG_LAYOUT: 1, "not a readable image": 1}


def test_all_images_are_used_and_a_seed_always_takes_the_same(tmp_path, body):
    for i in range(4):
        save(tmp_path, f"{i}.png", texture(i))
    first, second = FolderDresser(tmp_path, body), FolderDresser(tmp_path, body)
    names = [first.look(0, SHAPE, seed).name for seed in range(40)]
    assert names == [second.look(9, SHAPE, seed).name for seed in range(40)]
    assert set(names) == {"0.png", "1.png", "2.png", "3.png"}


def test_islands_are_kept_and_padded(tmp_path, body):
    inside = rasterise_uvs(body.topology.uvs, body.topology.uv_faces, 256)[0] >= 0
    image = texture(5)
    image[~inside] = (0, 0, 255)
    save(tmp_path, "a.png", image)
    (layer,) = FolderDresser(tmp_path, body).look(0, SHAPE, 1).layers
    np.testing.assert_array_equal(layer.texture[inside], image[..., ::-1][inside])
    assert (layer.texture[~inside] == (255, 0, 0)).all(1).mean() < 0.01


def test_no_folder_no_image_and_nothing_usable_are_clear_errors(tmp_path, body):
    with pytest.raises(InputError, match="no such folder"):
        FolderDresser(tmp_path / "missing", body)
    with pytest.raises(InputError, match="it holds no image"):
        FolderDresser(tmp_path, body)
    (tmp_path / "a.png").write_bytes(b"")
    save(tmp_path, "b.png", texture(1, 100, 300))
    dresser = FolderDresser(tmp_path, body)
    with pytest.raises(InputError, match=r"no texture is left \(.*1 an empty file") as caught:
        dresser.look(0, SHAPE, 3)
    assert "'wardrobe'" in caught.value.next_step
