"""A company of three short documents, indexed once per run of the tests by the real embedder and Chroma."""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

from voz.config import Settings
from voz.pipeline import Desk, open_desk

TODAY = dt.date(2026, 11, 23)
DOCUMENTS = {
    "devoluciones.md": """---
title: Devoluciones
---
# Devoluciones

## Plazo

El cliente dispone de 30 días naturales desde la entrega para devolver el pedido.

## Producto dañado

Si el producto llega dañado, el cliente puede elegir entre otro igual o el reembolso íntegro.
""",
    "envios.md": """---
title: Envíos
---
# Envíos

El envío estándar a la península cuesta 4,90 € y tarda de 2 a 4 días laborables.
""",
    "interno.md": """---
title: Nota interna
audience: internal
---
# Nota interna

El margen de los envíos a la península es del 37 %. No se comunica a clientes.
""",
}


def write_company(folder: Path, documents: dict[str, str] = DOCUMENTS) -> Path:
    for name, text in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@cache
def settings() -> Settings:
    """Folders that last as long as this run of the tests."""
    _folders.append(tempfile.TemporaryDirectory(prefix="voz-tests-"))
    root = Path(_folders[-1].name)
    knowledge = write_company(root / "Ultramarinos Faro" / "knowledge")
    return Settings(knowledge=knowledge, home=root / "home", today=TODAY, writer="extractive")


@cache
def desk() -> Desk:
    return open_desk(settings())


_folders: list[tempfile.TemporaryDirectory[str]] = []
