"""`voz init`: the brand's files as the documents themselves suggest them."""

from __future__ import annotations

from pathlib import Path

from voz.commands.show import printable


def propose_brand(folder: Path, *, only_show: bool, force: bool) -> None:
    """Write `FOLDER/brand/*.yaml`, or only show them. A file that is there gets a `.proposed` beside it.

    Raises KnowledgeError if there is no such folder.
    """
    from voz.errors import KnowledgeError
    from voz.init import propose, write

    if not folder.is_dir():
        raise KnowledgeError(f"There is no folder at {folder}.")
    files = propose(folder)
    if only_show:
        for name, text in files.items():
            print(f"# ── brand/{name}\n{printable(text)}")
        return
    written = write(folder, files, force=force)
    for path in written:
        print(path)
    if written:
        print("Each value stands under the sentence it came from: read them and correct what is not so.")
    else:
        print(f"{folder / 'brand'} already says what the documents say.")
