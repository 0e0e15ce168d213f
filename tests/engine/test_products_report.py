"""Report and quick look: whole, escaped, without any resource from outside."""

import base64
import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ben_core.nomenclature import ORDER_ALPHABETICAL, Legend
from ben_core.products.hover import MOST_CELLS, cells
from ben_core.products.palette import NO_LABEL, OUT, SKIPPED, shown
from ben_core.products.picture import map_image
from ben_core.products.quicklook import draw_quicklook
from ben_core.products.report import render_report, verdict
from ben_core.products.tally import class_tallies, confidence, group_tallies, label_counts
from ben_core.products.types import MAPPED, NODATA, NOT_MAPPED, OUTSIDE
from ben_core.products.view import view
from ben_core.products.words import percent

from .html_page import Page

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&$scene ${css}'


@pytest.fixture(scope="module")
def page(written):
    return Page(written[2]["report"].read_text(encoding="utf-8"))


def test_needs_nothing_from_outside(written, page):
    text = written[2]["report"].read_text(encoding="utf-8")
    names = {f.name for f in written[2].values()}
    for tag, a in page.tags:
        assert tag not in ("link", "iframe", "object")
        for attribute in ("src", "href"):
            value = a.get(attribute)
            assert value is None or value.startswith("data:image/") or value in names, value
    assert not re.search(r"url\((?!data:)|@import|https?://", text)
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(set(ids)) == len(ids)
    for _, a in page.tags:
        for key in ("aria-labelledby", "aria-describedby"):
            assert key not in a or a[key] in ids


def test_the_policy_admits_the_script_and_no_other(page):
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.blocks["script"][-1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_pictures_have_words(page):
    images = [a for t, a in page.tags if t == "img"]
    assert len(images) == 3
    assert all(a["alt"] for a in images)


def test_tells_what_matters(written, page):
    answers, record, _ = written
    words = page.words()
    n = int((answers.status == MAPPED).sum())
    for text in (
        record.scene.name,
        f"{n:,} of {int((answers.status != OUTSIDE).sum()):,} cells in the area were mapped",
        "This model never saw a pixel.",
        "answers for them mean nothing: Coastal wetlands",
        "Surface reflectance x 10000, offset -1000",
        "Contains modified Copernicus Sentinel data [2017]",
        "inference 42.5 s",
        "0.51 (0.44–0.58)",
        "not how much of it is covered",
        "too much cloud or cloud shadow in the patch",
        "Groups: CORINE level 1",
    ):
        assert text in words, text
    for t in class_tallies(view(answers, record)):
        assert t.category.name in words


def test_hostile_text_stays_text(make_run):
    """Whatever comes from outside is shown, and none of it is markup or a place to fill in."""
    answers, record = make_run(1200, 1200, name=EVIL, radiometry=EVIL, tile=EVIL, platform=EVIL)
    card = dataclasses.replace(
        record.card, title=EVIL, name=EVIL, description=EVIL, origin=EVIL, licence=EVIL, warnings=(EVIL,),
        scores={EVIL: {"value": EVIL, "note": EVIL, EVIL: 1}},
    )  # fmt: skip
    record = dataclasses.replace(
        record,
        card=card,
        legend=Legend(EVIL, {EVIL: ORDER_ALPHABETICAL}, {EVIL: "#123456"}),
        provenance={EVIL: EVIL},
        warnings=((EVIL, EVIL),),
        host={EVIL: EVIL},
    )
    files = {"gpkg": Path(EVIL.replace("/", "_") + ".gpkg")}
    hostile = Page(render_report(view(answers, record), files))
    plain = Page(
        render_report(
            view(*make_run(1200, 1200, legend=Legend("x", {"x": ORDER_ALPHABETICAL}, {"x": "#123456"}))), files
        )
    )
    count = [t for t, _ in hostile.tags].count
    assert count("script") == [t for t, _ in plain.tags].count("script")
    assert count("img") == [t for t, _ in plain.tags].count("img") == 2
    assert not [a for _, a in hostile.tags if any(k.startswith("on") for k in a)]
    assert hostile.words().count(EVIL) > 10


def test_hover_tells_labels_and_the_three_most_probable(written, page):
    answers, record, _ = written
    document = json.loads(page.blocks["script"][0])
    seen = view(answers, record)
    data = np.frombuffer(base64.b64decode(document["cells"]), cells(seen).dtype).reshape(seen.mapped.shape)
    np.testing.assert_array_equal(data["status"], answers.status)
    np.testing.assert_array_equal(data["labels"][seen.mapped], seen.bits[seen.mapped])
    np.testing.assert_array_equal(data["top"][..., 0, 0], seen.top)
    percents = np.sort(seen.answers.p[seen.mapped], axis=1)[:, :-4:-1] / 100
    np.testing.assert_array_equal(data["top"][seen.mapped][..., 1], np.rint(percents))
    assert document["classes"]["7"]["name"] == "Coniferous forest"


def test_a_large_map_has_no_hover_and_says_so(make_run):
    answers, record = make_run(3660, 3600, stride=20)
    assert answers.status.size > MOST_CELLS
    page = Page(render_report(view(answers, record), {}))
    assert len(page.blocks["script"]) == 1
    assert "see the GeoPackage" in page.words()


def test_tallies_add_up(written):
    answers, record, _ = written
    seen = view(answers, record)
    n = int(seen.mapped.sum())
    tallies = class_tallies(seen)
    assert sum(t.cells for t in tallies) == sum(t.cells for t in group_tallies(seen)) == n
    assert sum(t.km2 for t in tallies) == pytest.approx(seen.area_m2[seen.mapped].sum() / 1e6)
    assert sum(t.labelled for t in tallies) == seen.n_labels.sum()
    assert confidence(seen).sum() == label_counts(seen).sum() == n
    assert label_counts(seen)[0] == (seen.n_labels[seen.mapped] == 0).sum()


def test_nothing_mapped_makes_a_page_still(make_run):
    answers, record = make_run(1200, 1200)
    answers.p[:], answers.status[:] = NOT_MAPPED, NODATA
    seen = view(answers, record)
    assert verdict(seen, class_tallies(seen)) == "0 of 100 cells were mapped: there is nothing to show."
    Page(render_report(seen, {}))
    draw_quicklook(seen)


def test_percent_never_lies_at_the_ends():
    assert [percent(v) for v in (0, 1e-9, 0.0123, 0.9999, 1)] == ["0.0 %", "<0.1 %", "1.2 %", ">99.9 %", "100 %"]


def test_the_picture_shows_each_cell_in_its_place(make_run):
    """Ten pixels a cell: flat colour of its class, patterns where there is none."""
    answers, record = make_run(3660, 3540, skipped=True)
    seen = view(answers, record)
    image = np.asarray(map_image(seen, 305, 295))
    codes = shown(seen)
    found = set()
    for r, c in np.ndindex(codes.shape):
        block = image[r * 10 : r * 10 + 10, c * 10 : c * 10 + 10].reshape(-1, 3)
        colours = {tuple(p) for p in block.tolist()}
        code = codes[r, c]
        if seen.bits[r, c]:
            assert colours == {tuple(seen_rgb(ORDER_ALPHABETICAL[seen.top[r, c] - 1]))}
        else:
            found.add(int(code))
            assert len(colours) == (1 if code == OUT else 2)
    assert found == {OUT, NO_LABEL.code, *(s.code for s in SKIPPED.values())}


def seen_rgb(name):
    from ben_core.nomenclature import CLASSES

    return bytes.fromhex(CLASSES[name].colour[1:])


@pytest.mark.parametrize("size", [(3660, 3600), (6000, 240), (240, 6000), (120, 120)])
def test_quick_looks_of_any_shape(make_run, size):
    for overview in (None, np.full((3, 40, 60), 90, dtype=np.uint8)):
        picture = draw_quicklook(view(*make_run(*size, skipped=False, quicklook=overview, name="Ort " + "x" * 300)))
        assert 400 < picture.width < 1700
        assert picture.height < 2200


def test_quicklook_is_a_picture_of_both(written):
    with Image.open(written[2]["quicklook"]) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.width > 1500
        assert not picture.info, "no times, no hosts"
