"""The model card that people read: README.md of a Hugging Face folder, in the order of reBEN's own cards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...models.card import ModelCard
from ...nomenclature import BANDS
from ..evaluate.evaluation import Evaluation, Figure
from .config_ilm import timm_name, why_not
from .example import Example

# Names of the recipe's settings in ``learn.train.config`` that reBEN's cards list, and their wording there.
_RECIPE = {
    "epochs": "Number of epochs: up to {}",
    "patience": "Early stopping: after {} epochs of no improvement of validation average precision macro",
    "batch": "Batch size: {}",
    "rate": "Learning rate: {}",
    "drop_rate": "Dropout rate: {}",
    "drop_path": "Drop path rate: {}",
    "warmup": "Learning rate scheduler: LinearWarmupCosineAnnealing for {} warmup steps",
    "seed": "Seed: {}",
}
_METRICS = {"Average Precision": "AP", "F1 Score": "F1", "Precision": "precision"}
_CITATIONS = """```bibtex
@article{clasen2024refinedbigearthnet,
  title={reBEN: Refined BigEarthNet Dataset for Remote Sensing Image Analysis},
  author={Clasen, Kai Norman and Hackel, Leonard and Burgert, Tom and Sumbul, Gencer and Demir, Beg{\\"u}m and Markl, Volker},
  year={2024},
  eprint={2407.03653},
  archivePrefix={arXiv},
  primaryClass={cs.CV},
  url={https://arxiv.org/abs/2407.03653},
}
```
```bibtex
@article{hackel2024configilm,
  title={ConfigILM: A general purpose configurable library for combining image and language models for visual question answering},
  author={Hackel, Leonard and Clasen, Kai Norman and Demir, Beg{\\"u}m},
  journal={SoftwareX},
  volume={26},
  pages={101731},
  year={2024},
  publisher={Elsevier}
}
```
```bibtex
@article{sumbul2021bigearthnetmm,
  title={BigEarthNet-MM: A Large-Scale, Multimodal, Multilabel Benchmark Archive for Remote Sensing Image Classification and Retrieval},
  author={Sumbul, Gencer and de Wall, Arne and Kreuziger, Tristan and Marcelino, Filipe and Costa, Hugo and Benevides, Pedro and Caetano, M{\\'a}rio and Demir, Beg{\\"u}m and Markl, Volker},
  journal={IEEE Geoscience and Remote Sensing Magazine},
  volume={9},
  number={3},
  pages={174--180},
  year={2021}
}
```"""


def readme(
    card: ModelCard, recipe: Mapping[str, Any], evaluation: Evaluation | None, example: Example | None, repository: str
) -> str:
    """The text. ``recipe``: the run's config.json, empty where unknown; ``repository``: where the folder will lie."""
    parts = [
        _front(card, example),
        f"# {card.title}",
        card.description,
        f"**Origin.** {card.origin}" if card.origin else "",
        _warnings(card),
        "## Input",
        _input(card),
        "## Training",
        _training(recipe),
        "## Evaluation",
        _scores(evaluation) if evaluation else _own_scores(card),
        *(["## Example", _example(example, card)] if example else []),
        "## Use",
        _use(card, repository),
        "## Citation",
        "If you use this model in your research, please cite the following papers:",
        _CITATIONS,
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _front(card: ModelCard, example: Example | None) -> str:
    """The YAML block that the hub reads. JSON strings are YAML strings, whatever they hold."""
    import json

    lines = ["---", "tags:"]
    tags = ["BigEarthNet v2.0", "Remote Sensing", "Classification", "image-classification", "Multispectral"]
    lines += [f"  - {json.dumps(t)}" for t in ([timm_name(card)] if timm_name(card) else []) + tags]
    lines.append(f"library_name: {'configilm' if why_not(card) is None else 'bigearthnet-mapper'}")
    lines.append(f"license: {json.dumps(card.licence.lower() if card.licence else 'unknown')}")
    if example and example.picture:
        lines += ["widget:", "  - src: example.png", "    example_title: Example", "    output:"]
        for name, p in _ranked(example)[:5]:
            lines += [f"      - label: {json.dumps(name)}", f"        score: {p:.6f}"]
    return "\n".join([*lines, "---"])


def _warnings(card: ModelCard) -> str:
    lines = [f"> {w}" for w in card.warnings]
    if not all(any(c in w for w in card.warnings) for c in card.untrained):
        lines.append(
            "> There was no evidence for these classes, so the answers for them mean nothing: "
            + "; ".join(card.untrained)
            + "."
        )
    return "\n>\n".join(lines)


def _input(card: ModelCard) -> str:
    rows = [
        (str(i), b.name, f"{BANDS[b.name].resolution} m", b.unit, f"{b.mean:.6g}", f"{b.std:.6g}", b.resampling)
        for i, b in enumerate(card.inputs)
    ]
    table = _table(("Channel", "Band", "Pixels", "Unit", "Mean", "Standard deviation", "Resampling to 10 m"), rows)
    notes = []
    if any(b.unit == "DN" for b in card.inputs):
        notes.append(
            "DN is surface reflectance x 10000 on the scale before processing baseline 04.00: subtract 1000 from products "
            "of later baselines first."
        )
    if any(b.unit == "dB" for b in card.inputs):
        notes.append("dB is Sentinel-1 backscatter, terrain corrected, without a speckle filter.")
    notes.append(f"A patch has {card.size} x {card.size} pixels of 10 m; x = (value - mean) / standard deviation.")
    return f"Channels in this order, normalised by these figures:\n\n{table}\n\n" + " ".join(notes)


def _training(recipe: Mapping[str, Any]) -> str:
    if not recipe:
        return "How it was trained stands under Origin; no file of settings came with it."
    said = {
        key: recipe[key] for key in _RECIPE if recipe.get(key) not in (None, "", -1) and (recipe[key] or key == "seed")
    }
    lines = [f"- {_RECIPE[key].format(value)}" for key, value in said.items()]
    lines.append("- Optimizer: AdamW")
    return "It was trained with the following parameters:\n" + "\n".join(lines)


def _own_scores(card: ModelCard) -> str:
    """What the card itself holds, measured when the model was made."""
    rows = []
    for name, score in card.scores.items():
        s = score if isinstance(score, Mapping) else {"value": score}
        low, high = float(s.get("low", math.nan)), float(s.get("high", math.nan))
        rows.append((str(name), _figure(Figure(float(s["value"]), low, high)), str(s.get("note", ""))))
    if not rows:
        return "Not evaluated: no figure is claimed."
    return "Measured when the model was made:\n\n" + _table(("Score", "Value", "What it is"), rows)


def _scores(e: Evaluation) -> str:
    decision = e.decisions[0]
    found = {**e.scores, **decision.scores}
    rows = [
        (title, *(_figure(found.get(f"{key} {kind}")) for kind in ("macro", "micro")))
        for title, key in _METRICS.items()
    ]
    split = f" ({e.split} split)" if e.split else ""
    classes = [
        (
            c.name + ("" if c.trained else " (untrained)"),
            str(c.positives),
            _figure(c.ap),
            _figure(decision.classes[i].get("F1")),
            f"{decision.thresholds[i]:.2f}",
        )
        for i, c in enumerate(e.classes)
    ]
    return "\n\n".join(
        [
            f"On {e.patches:,} patches of {e.data}{split}; thresholds: {decision.name}. In brackets 95 % intervals from "
            f"{e.draws} draws of {e.groups} {e.drawn}.",
            _table(("Metric", "Macro", "Micro"), rows),
            *(f"> {w}" for w in (*e.warnings, e.note) if w),
            _table(("Class", "Patches that hold it", "Average precision", "F1", "Threshold"), classes),
        ]
    )


def _example(example: Example, card: ModelCard) -> str:
    rows = [
        (c, f"{p:.6f}", "" if example.truth is None else "yes" if c in example.truth else "")
        for c, p in _ranked(example)
    ]
    head = ("Class labels", "Predicted scores", *(("Labelled",) if example.truth is not None else ()))
    return (
        (f"![{example.shows}](example.png)\n\n" if example.picture else "")
        + f"Patch `{example.id}`{', ' + example.shows if example.picture else ''}. The scores come from normalised input"
        + (" and are calibrated." if card.calibration else ".")
        + "\n\n"
        + _table(head, [r[: len(head)] for r in rows])
    )


def _use(card: ModelCard, repository: str) -> str:
    ours = (
        "With BigEarthNet Mapper (maps whole scenes; normalisation, calibration and thresholds come with it):\n\n"
        f"```bash\nben map SCENE --model {repository}/{card.name}.json --out OUT\n```"
    )
    reason = why_not(card)
    if reason is not None:
        return f"{ours}\n\nConfigILM cannot load it: {reason}. `{card.name}.onnx` runs in ONNX Runtime by itself."
    return f"""{ours}

With the code of the [official reBEN repository](https://git.tu-berlin.de/rsim/reben-training-scripts), after
installing `configilm`; feed it normalised channels in the order above, and apply a sigmoid:

```python
from reben_publication.BigEarthNetv2_0_ImageClassifier import BigEarthNetv2_0_ImageClassifier

model = BigEarthNetv2_0_ImageClassifier.from_pretrained("{repository}")
```

The outputs are logits in this order: {", ".join(f"{i} {c}" for i, c in enumerate(card.classes))}."""


def _ranked(example: Example) -> list[tuple[str, float]]:
    return sorted(example.p.items(), key=lambda item: -item[1])


def _figure(figure: Figure | None) -> str:
    if figure is None or math.isnan(figure.value):
        return "–"
    text = f"{figure.value:.4f}"
    return text if math.isnan(figure.low) else f"{text} ({figure.low:.3f} to {figure.high:.3f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = "| {} |".format
    cells = [[c.replace("|", "\\|") for c in row] for row in rows]
    return "\n".join(
        [line(" | ".join(head)), line(" | ".join("---" for _ in head)), *(line(" | ".join(r)) for r in cells)]
    )
