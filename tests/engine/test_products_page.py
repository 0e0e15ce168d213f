"""The frame that all pages share, and the pieces that they are made of."""

import base64
import hashlib
from html.parser import HTMLParser

from ben_core.products.charts import matrix
from ben_core.products.fragments import key, named, numbers, row, table, tiles, warnings
from ben_core.products.legend import CATEGORY
from ben_core.products.page import page, sections
from ben_core.products.words import counted, percent, scale_bar, short

EVIL = "</title><script>alert(1)</script>\"' $css"


def tags(text):
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, a: found.append((tag, dict(a)))
    parser.feed(text)
    return found


def policy(text):
    return next(a["content"] for _, a in tags(text) if a.get("http-equiv") == "Content-Security-Policy")


def test_a_page_runs_its_own_script_or_none():
    plain = page(kicker="k", name="a_b", title="t", body="<p>x</p>")
    assert "script" not in policy(plain) and "<script" not in plain and "a_<wbr>b" in plain
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "img-src data:"):
        assert rule in policy(plain)
    live = page(kicker="k", name="n", title="t", body="", script="let a = 1;")
    element = live[live.index("<script>") + 8 : live.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(element.encode()).digest()).decode()
    assert policy(live).endswith(f"script-src 'sha256-{digest}'")


def test_hostile_text_stays_text():
    body = (
        warnings(EVIL, [EVIL])
        + tiles([(EVIL, EVIL)])
        + key({EVIL: "box"})
        + table(EVIL, {EVIL: "n"}, row(named(CATEGORY["Pastures"], EVIL), numbers(EVIL)), "classes")
        + matrix(EVIL, [(EVIL, 2)], [EVIL], {(0, 0): (1, "cell", EVIL)})
        + sections({("a", EVIL): "<p>there</p>", ("b", EVIL): ""})
    )
    text = page(kicker=EVIL, name=EVIL, title=EVIL, facts=EVIL, verdict=EVIL, body=body)
    found = tags(text)
    assert not [t for t, _ in found if t == "script"]
    assert [t for t, _ in found].count("section") == 1, "a section without a body is none"
    regions = [a for _, a in found if a.get("role") == "region"]
    assert len(regions) == 2 and all(a["aria-label"] == EVIL and a["tabindex"] == "0" for a in regions)


def test_words():
    assert (counted(1, "patch", "patches"), counted(1200, "scene")) == ("1 patch", "1,200 scenes")
    assert scale_bar(3) == (10, "10 m") and scale_bar(2600) == (2000, "2 km")
    assert percent(0.5) == "50.0 %" and short("Pastures") == "Pastures"
