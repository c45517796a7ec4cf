import contextlib
import dataclasses
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabels
from tests.training.conftest import PEOPLE, RARE, augmented
from tests.training.figures import make_people, make_scores, make_shard
from training.augmented.coco import real_entries, synthetic_entries, write_coco
from training.augmented.samples import person_weights, rarity_weight
from training.augmented.settings import AugmentSettings
from training.augmented.training_set import load_part
from training.datasets.coco import read_coco
from training.rarity.scores import RareScores
from training.recipes import recipe_of

KINDS = ("render", "translated")


@pytest.fixture
def build(tmp_path):
    """A small set of 8 people, 3 of them rare; returns (summary by kind, AugmentedSet) for given settings."""
    table = make_people(tmp_path / "images", 8)
    scores = make_scores(8, 3)

    def run(settings=None, render=None, translate=None, name="out", scores=scores, table=table, shards=None):
        shards = shards or {"render": render or [], "translated": translate or []}
        made = augmented(table, tmp_path, scores, shards, settings, name)
        return {k: json.loads((f / "summary.json").read_text()) for k, f in made.kinds.items()}, made

    run.table, run.root = table, tmp_path
    return run


@pytest.fixture(scope="module")
def files(world, tmp_path_factory):
    """The world's set as COCO files, by kind."""
    return {kind: as_coco(world, kind, tmp_path_factory.mktemp(kind)) for kind in ("real", *KINDS)}


def as_coco(made, kind, out):
    path = out / f"{kind}.json"
    if kind == "real":
        entries = real_entries(load_part(made.kinds["real"], made.table))
    else:
        entries = synthetic_entries(load_part(made.kinds[kind]), SampleLabels.load(made.kinds[kind] / "labels.npz"))
    write_coco(path, made.table.skeleton, *entries)
    return path


def test_weights_of_equation_4_4():
    taus = {0.9: 1.0, 1.0: 1.0, 1.2: 1.2, 1.5: 1.5, 1.7: 1.5, 9.0: 1.5}
    assert {d: pytest.approx(rarity_weight(d, 1.0)) for d in taus} == taus
    assert rarity_weight(1.75, 1.5) == pytest.approx(1.25)
    assert rarity_weight(30.0, 20.0, relative=True) == pytest.approx(1.5)
    assert rarity_weight(22.0, 20.0, relative=True) == pytest.approx(1.1)
    assert rarity_weight(1.5, 1.0, slope=2.0, span=0.3) == pytest.approx(1.6)
    for value in (float("nan"), float("-inf"), float("inf")):
        assert rarity_weight(value, 1.0) == 1.0


def test_weights_of_people_left_out_by_rarity_are_one():
    scores = make_scores(6, 3)
    included = np.ones(6, bool)
    included[5] = False
    weights = person_weights(dataclasses.replace(scores, included=included), AugmentSettings())
    assert weights.tolist() == pytest.approx([1, 1, 1, 1.1, 1.2, 1])
    scaled = make_scores(6, 3, threshold=10.0)
    assert person_weights(scaled, AugmentSettings())[3] == pytest.approx(1.01)
    assert person_weights(dataclasses.replace(scaled, policy="thesis"), AugmentSettings())[3] == pytest.approx(1.1)


def test_labelling_mistakes_weigh_as_usual_people():
    scores = make_scores(6, 3)
    reason, rare = scores.reason.astype("<U20"), scores.rare.copy()
    reason[5], rare[5] = "annotation", False
    assert person_weights(scores, AugmentSettings())[5] > 1
    assert person_weights(dataclasses.replace(scores, reason=reason, rare=rare), AugmentSettings())[5] == 1


def test_the_files_are_coco(world, files):
    table = world.table
    for kind, count in (("real", PEOPLE), ("render", RARE), ("translated", RARE)):
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(files[kind]))
        assert len(coco.anns) == len(coco.imgs) == count
        assert coco.cats[1]["keypoints"] == list(table.skeleton.keypoints)
        assert all(len(a["keypoints"]) == 51 and a["num_keypoints"] == 17 for a in coco.anns.values())
    real = json.loads(files["real"].read_text())
    first = real["annotations"][0]
    assert first["id"] == 500
    assert first["image_id"] == 1000
    assert first["keypoints"][0] == pytest.approx(table.keypoints[0, 0, 0] - 0.5, abs=1e-3)  # COCO indexes pixels
    assert first["bbox"] == pytest.approx(table.bbox_xywh[0].tolist(), abs=1e-3)


def test_synthetic_entries_carry_provenance_and_the_weight_of_their_source(world, files):
    weights = person_weights(make_scores(PEOPLE, RARE), AugmentSettings())
    for kind in ("render", "translated"):
        coco = json.loads(files[kind].read_text())
        with_images = {i["id"]: i["file_name"] for i in coco["images"]}
        for annotation in coco["annotations"]:
            entry = annotation["rarepose"]
            assert entry["kind"] == kind
            assert entry["rare"]
            assert entry["loss_weight"] == pytest.approx(weights[entry["person"]])
            assert {"source_annotation", "body", "camera", "texture", "background", "seed", "score", "distance"} <= entry.keys()
            assert entry["source_annotation"] == str(500 + entry["person"])
            assert with_images[annotation["image_id"]] == f"{kind}/{annotation['id']:012d}.jpg"
        names = ArchiveReader(world.kinds[kind] / "images.tar").names()
        assert names == [f"{a['id']:012d}.jpg" for a in coco["annotations"]]  # the person's cut-outs stay behind


def test_the_summaries_count_what_went_in(world):
    real, *kinds = (json.loads((world.kinds[k] / "summary.json").read_text()) for k in ("real", *KINDS))
    assert (real["people"], real["rare"], real["trainable"], real["missing_images"]) == (PEOPLE, RARE, PEOPLE, 0)
    for summary in kinds:
        assert summary["samples"] == summary["coverage"]["covered"] == RARE
        assert [c["rare"] for c in summary["coverage"]["clusters"]] == [3, 3]
        assert sum(c["people"] for c in summary["coverage"]["clusters"]) == PEOPLE


def test_unusable_samples_are_left_out_and_counted(build):
    shard = make_shard(build.root / "s", build.table, [5, 6, 7, 7, 0, 1])
    labels = SampleLabels.load(shard / "labels.npz").select(np.array([0, 1, 2, 3, 4, 5, 0]))
    labels.keypoints[1, 0, 0] = np.nan
    labels.source_person[2] = 99
    labels.sample_id[3] = 424242
    labels.bbox[4] = [10.0, 10.0, 2.0, 30.0]
    labels.keypoints[5, :15] = 0
    labels.save(shard / "labels.npz")
    summary, _ = build(render=[shard])
    assert summary["render"]["samples"] == 1
    assert summary["render"]["skipped"]["unusable"]["counts"] == {
        "label with a number that is not finite": 1,
        "source person is not in the training annotations": 1,
        "no image in the shard": 1,
        "visible box below min_box_px": 1,
        "fewer keypoints in the frame than min_keypoints": 1,
        "sample id appears twice": 1,
    }


def test_drifted_samples_stay_out_unless_asked_for(build):
    shard = make_shard(build.root / "t", build.table, [5, 6], translated=True)
    labels = SampleLabels.load(shard / "labels.npz")
    why = {"kept": np.array([False, True]), "kept_reason": ("mask IoU below 0.9", "")}
    dataclasses.replace(labels, **why).save(shard / "labels.npz")
    summary, _ = build(translate=[shard])
    assert summary["translated"]["samples"] == 1
    assert summary["translated"]["skipped"]["unusable"]["counts"] == {"dropped after translation: mask IoU below 0.9": 1}
    assert build(AugmentSettings(keep_drifted=True), translate=[shard], name="all")[0]["translated"]["samples"] == 2


def test_the_ratio_bounds_synthetic_samples_first_repetitions_first(build):
    shards = [make_shard(build.root / f"s{r}", build.table, [5, 6, 7], repetition=r) for r in range(3)]
    summary, made = build(AugmentSettings(max_synthetic_ratio=0.5), render=shards)  # 4 of 9
    people = load_part(made.kinds["render"]).samples.person.tolist()
    assert sorted(set(people)) == [5, 6, 7]
    assert len(people) == 4
    assert summary["render"]["skipped"]["surplus"]["counts"] == {"more than max_synthetic_ratio allows": 5}


def test_who_lost_the_first_repetitions_still_gets_a_sample_before_others_get_two(build):
    rows = {0: [5, 6], 1: [5, 6], 2: [5, 6, 7]}
    shards = [make_shard(build.root / f"s{r}", build.table, people, repetition=r) for r, people in rows.items()]
    _, made = build(AugmentSettings(max_synthetic_ratio=0.5), render=shards)  # 4 of 7
    people = load_part(made.kinds["render"]).samples.person.tolist()
    assert (len(people), people.count(7)) == (4, 1)


def test_kinds_can_be_left_out_and_synthetic_weights_be_one(build):
    shard = make_shard(build.root / "s", build.table, [6, 7])
    summary, made = build(AugmentSettings(render=False), render=[shard])
    assert summary["render"]["samples"] == summary["translated"]["samples"] == len(load_part(made.kinds["render"]).table) == 0
    _, made = build(AugmentSettings(synthetic_weight="one"), render=[shard], name="one")
    samples = load_part(made.kinds["render"]).samples
    assert samples.weight.tolist() == [1.0, 1.0]
    assert (samples.score > 1).all()


def test_drawn_poses_have_their_own_scores_and_nobody_as_their_source(build):
    """Numbers 8 and 9, after the 8 people: poses of `fill`."""
    drawn = dataclasses.replace(make_scores(2, 2), score=np.array([1.7, 1.2]), cluster=np.array([1, 0]))
    scores = RareScores.concatenate([make_scores(8, 3), drawn])
    both = make_people(build.root / "more", 10)
    shard = make_shard(build.root / "f", both, [9, 8])
    summary, made = build(scores=scores, shards={"fill": [shard]})
    samples = load_part(made.kinds["fill"]).samples
    assert samples.person.tolist() == [8, 9]
    assert samples.score.tolist() == [1.7, 1.2]
    assert samples.cluster.tolist() == [1, 0]
    assert samples.weight.tolist() == [1.5, 1.2]
    assert samples.rare.all()
    found = summary["fill"]["coverage"]
    assert (found["rare"], found["covered"]) == (3, 0)
    assert sum(c["people"] for c in found["clusters"]) == 8
    assert [c["samples"] for c in found["clusters"]] == [1, 1]
    annotations = json.loads(as_coco(made, "fill", build.root).read_text())["annotations"]
    assert [a["rarepose"]["person"] for a in annotations] == [None, None]
    assert [a["rarepose"]["score"] for a in annotations] == [1.7, 1.2]
    assert {"pose", "variation"} <= annotations[0]["rarepose"].keys()
    assert made.samples(recipe_of("fill"), 1.0).counts()["fill"] == 2
    assert build(AugmentSettings(fill=False), scores=scores, shards={"fill": [shard]}, name="none")[0]["fill"]["samples"] == 0


def test_the_same_input_gives_the_same_bytes(build):
    shards = [make_shard(build.root / f"s{r}", build.table, [5, 6, 7], repetition=r) for r in range(2)]
    first, second = (build(render=shards, name=n)[1] for n in ("a", "b"))
    third = build(render=shards[::-1], name="c")[1]  # the order of shards does not matter
    for name in ("real/samples.npz", *(f"render/{n}" for n in ("poses.npz", "samples.npz", "images.tar", "summary.json"))):
        one, two, three = (m.kinds["real"].parent / name for m in (first, second, third))
        assert one.read_bytes() == two.read_bytes() == three.read_bytes()


def test_shards_of_another_skeleton_and_broken_shards_are_errors(build):
    other = make_people(build.root / "lsp", 3, "lsp14")
    shard = make_shard(build.root / "s", other, [1])
    with pytest.raises(StageError, match=r"skeleton lsp14 .* coco17"):
        build(render=[shard])
    (shard / "labels.npz").write_text("[")
    with pytest.raises(StageError, match=r"labels\.npz"):
        build(render=[shard], name="again")


def test_missing_photographs_and_empty_ids_are_counted_and_survive(build):
    (build.root / "images" / "000.png").unlink()
    table = dataclasses.replace(build.table, source_id=("a",) * 8)
    summary, made = build(table=table)
    assert summary["real"]["missing_images"] == 1
    ids = [a["id"] for a in json.loads(as_coco(made, "real", build.root).read_text())["annotations"]]
    assert ids == list(range(1, 9))


def test_bystanders_are_annotated_and_not_trained_on(build):
    shard = make_shard(build.root / "s", build.table, [6, 7])
    labels = SampleLabels.load(shard / "labels.npz").select(np.array([0, 0, 0, 1]))
    dataclasses.replace(labels, subject=np.array([True, False, False, True])).save(shard / "labels.npz")
    _, made = build(render=[shard])
    annotations = json.loads(as_coco(made, "render", build.root).read_text())["annotations"]
    assert [a["image_id"] for a in annotations] == [6000, 7000, 6000, 6000]
    assert len({a["id"] for a in annotations}) == 4
    assert [a["rarepose"].get("role") for a in annotations] == [None, None, "bystander", "bystander"]
    assert made.samples(recipe_of("asrp"), 1.0).counts()["render"] == 2


def test_the_projects_own_reader_reads_the_files(world, files):
    table = world.table
    again, skipped = read_coco(files["real"], world.image_root)
    assert skipped.total == 0
    assert again.skeleton.keypoints == table.skeleton.keypoints
    assert np.allclose(again.keypoints, table.keypoints, atol=1e-3)
    assert np.array_equal(again.visible, table.visible)
    assert np.allclose(again.bbox_xywh, table.bbox_xywh, atol=1e-3)
    made, skipped = read_coco(files["render"], None)
    assert (len(made), skipped.total) == (RARE, 0)
