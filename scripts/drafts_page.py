"""Writes the drafts that the documents show, as they really come out.

    drafts_page.py [--model-drafts drafts.jsonl] [--today 2026-11-23] [--home FOLDER]

docs/drafts.md gets every message of examples/messages.jsonl with the extractive writer's draft, and beside it the
model writer's where a file of its drafts is given (`voz draft --file examples/messages.jsonl --out drafts.jsonl` with
VOZ_MODEL set). README.md and README.es.md get one of them between `<!-- draft -->` and `<!-- /draft -->`.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from voz.commands.options import read_settings
from voz.pipeline import Desk, open_desk, prepare
from voz.wire import case_to_json, load_json, parse_message

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "messages.jsonl"
TODAY = "2026-11-23"
SHOWN = "ej-01"
START, END = "<!-- draft -->\n", "<!-- /draft -->"
WORDS = {
    "README.md": ("The message", "The draft", "Sources", "For the reviewer"),
    "README.es.md": ("El mensaje", "El borrador", "Fuentes", "Para quien revisa"),
}


def main() -> None:
    given = _arguments()
    settings = read_settings(ROOT / "knowledge", given.home, given.today, writer="extractive")
    desk = open_desk(settings)
    messages = [load_json(line) for line in EXAMPLES.read_bytes().splitlines() if line.strip()]
    drafts = [case_to_json(prepare(parse_message(message), desk)) for message in messages]
    by_model = _by_id(given.model_drafts)
    page = _page(messages, drafts, by_model, given.today, desk)
    (ROOT / "docs" / "drafts.md").write_text(page, encoding="utf-8")
    shown = next(place for place, message in enumerate(messages) if message["id"] == SHOWN)
    for name, words in WORDS.items():
        path = ROOT / name
        before, start, rest = path.read_text(encoding="utf-8").partition(START)
        after = END + rest.partition(END)[2]
        path.write_text(before + start + in_readme(messages[shown], drafts[shown], words) + after, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model-drafts", type=Path, help="JSON lines that `voz draft --out` wrote with a model")
    parser.add_argument("--today", default=TODAY)
    parser.add_argument("--home", type=Path)
    return parser.parse_args()


def _by_id(path: Path | None) -> dict[str, dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    return {draft["id"]: draft for draft in map(json.loads, lines) if "reply" in draft}


def _page(
    messages: list[dict[str, Any]],
    drafts: list[dict[str, Any]],
    by_model: dict[str, dict[str, Any]],
    today: str,
    desk: Desk,
) -> str:
    models = sorted({str(draft["provenance"].get("model")) for draft in by_model.values()})
    second = (
        f"Beside them, the model writer's with {', '.join(models)}."
        if models
        else "The model writer's come beside them when the script is given a file of them (`--model-drafts`)."
    )
    parts = [
        "<!-- Made by scripts/drafts_page.py: run it again, do not edit. -->",
        "# Ten messages and their drafts",
        f"The messages of `examples/messages.jsonl`, to {desk.brand.voice.company}, an invented company, answered as "
        f"on {today} by the extractive writer, word for word as they came out: also what is weak in them. {second} "
        "The small numbers are the sources of each sentence; what stands under «For the reviewer» the customer never "
        "sees.",
    ]
    for message, draft in zip(messages, drafts, strict=True):
        parts += _entry(message, draft, by_model.get(message["id"]))
    return "\n\n".join(parts) + "\n"


def _entry(message: dict[str, Any], draft: dict[str, Any], other: dict[str, Any] | None) -> list[str]:
    seen = draft["triage"]
    labels = [message["channel"], seen["kind"], seen["route"], seen["language"], seen["emotion"], *seen["risks"]]
    parts = [
        f"## {message['id']} · {message['author']}",
        "*" + " · ".join(labels) + "*",
        quoted(plain(message["text"])),
    ]
    parts += ["**Extractive writer**", *told(draft, "Sources", "For the reviewer")]
    if other:
        parts += ["**Model writer**", *told(other, "Sources", "For the reviewer")]
    return parts


def in_readme(message: dict[str, Any], draft: dict[str, Any], words: tuple[str, str, str, str]) -> str:
    """One message and its draft, with the document's own words for the labels."""
    customer, reply, sources, reviewer = words
    parts = [f"**{customer}** ({message['channel']}, {message['author']})", quoted(plain(message["text"]))]
    return "\n\n".join([*parts, f"**{reply}**", *told(draft, sources, reviewer)]) + "\n\n"


def told(draft: dict[str, Any], sources: str, reviewer: str) -> list[str]:
    """The reply with the mark of each source, the sources, and what is for the reviewer alone."""
    if draft["reply"] is None:
        return ["> *(no reply)*", f"{reviewer}: {plain('; '.join(draft['triage']['reasons'] + draft['notes']))}"]
    passages = {passage["id"]: passage for passage in draft["passages"]}
    cited = list(dict.fromkeys(i for s in draft["sentences"] for i in s["citations"] if i in passages))
    parts = [quoted(_marked(draft, cited))]
    if cited:
        rows = [f"{cited.index(i) + 1}. {plain(passages[i]['heading'])} (`{passages[i]['source']}`)" for i in cited]
        parts.append(f"{sources}:\n\n" + "\n".join(rows))
    remarks = [f"{f['severity']}: {f['detail']}" for f in draft["findings"]] + _own(draft)
    if remarks:
        parts.append(f"{reviewer}:\n\n" + "\n".join(f"- {plain(remark)}" for remark in remarks))
    return parts


def _own(draft: dict[str, Any]) -> list[str]:
    """The notes that say something which no finding says."""
    findings = " ".join(finding["detail"] for finding in draft["findings"])
    return [note for note in draft["notes"] if note.partition(" — ")[0].rstrip("]") not in findings]


def _marked(draft: dict[str, Any], cited: list[str]) -> str:
    reply = draft["reply"]
    for sentence in sorted(draft["sentences"], key=lambda s: -s["end"]):
        marks = sorted(cited.index(i) + 1 for i in set(sentence["citations"]) if i in cited)
        if marks:
            numbers = f"<sup>{', '.join(map(str, marks))}</sup>"
            reply = reply[: sentence["end"]] + "\0" + numbers + "\1" + reply[sentence["end"] :]
    pieces = re.split("\0(.*?)\1", reply)
    return "".join(piece if place % 2 else plain(piece) for place, piece in enumerate(pieces))


def quoted(text: str) -> str:
    """A Markdown quotation that keeps its lines."""
    lines = text.strip().split("\n")
    return "\n".join(f"> {line.strip()}  " if line.strip() else ">" for line in lines)


def plain(text: str) -> str:
    """Text that Markdown shows as it is: customers' words are never markup."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


if __name__ == "__main__":
    main()
