"""What the Warp kernels share: the records of meshes and scenes, array types, the visibility key.

Every buffer is flat over the batch. An instance is one mesh of one scene; the visibility buffer holds, per sample, the
bitwise complement of the inverse depth (so that the minimum is the nearest), the instance's number in its scene and the face.

A thread works on a run of vertices, faces or pixels: on a GPU on one, on a CPU (where Warp runs one thread) on all vertices
or faces of an instance and on a tile of pixels, so that what they share is loaded once.
"""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render import visibility

wp.set_module_options({"enable_backward": False, "fast_math": False})

EMPTY = wp.constant(wp.uint64(0xFFFFFFFFFFFFFFFF))
NEAR_M = wp.constant(visibility.NEAR_M)
TILE = wp.constant(8)
SAME_SURFACE_M = wp.constant(0.03)
TONES = wp.constant(4096)


@wp.struct
@no_type_check
class Instance:
    """Where one mesh's data lie in the flat buffers, and its material."""

    scene: int
    person: int
    vertex0: int
    vertices: int
    face0: int
    uv_face0: int
    uv0: int
    incidence0: int
    drawn0: int
    drawn: int
    texel0: int
    texture_width: int
    texture_height: int
    levels: int
    lift0: int
    two_sided: int
    roughness: float
    specular: float
    subsurface: float


@wp.struct
@no_type_check
class Scene:
    """One scene's camera (px of the finished image), light, and what its sensor does to a colour."""

    focal: wp.vec2
    centre: wp.vec2
    instance0: int
    person0: int
    subject: int
    key_direction: wp.vec3
    key_colour: wp.vec3
    key_right: wp.vec3
    key_up: wp.vec3
    key_origin: wp.vec3
    key_extent: float
    occlusion: float
    gain: wp.vec3
    saturation: float


Ints = wp.array(dtype=int)
Words = wp.array(dtype=wp.uint32)
Floats = wp.array(dtype=float)
Bytes = wp.array(dtype=wp.uint8)
Boxes = wp.array2d(dtype=float)
Pictures = wp.array3d(dtype=wp.uint32)
Owners = wp.array3d(dtype=wp.int16)
Triples = wp.array(dtype=wp.vec3i)
Points2 = wp.array(dtype=wp.vec2)
Points3 = wp.array(dtype=wp.vec3)
Seen = wp.array3d(dtype=wp.uint64)
Depths = wp.array3d(dtype=float)
Tiles = wp.array3d(dtype=wp.uint8)
Harmonics = wp.array2d(dtype=wp.vec3)
Instances = wp.array(dtype=Instance)
Scenes = wp.array(dtype=Scene)


@wp.func
@no_type_check
def inverse_depth(key: wp.uint64):
    """The inverse depth a visibility key holds."""
    return wp.cast(~wp.uint32(key >> wp.uint64(32)), float)
