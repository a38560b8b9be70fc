"""Every error that voz raises on purpose.

VozError
├── InputError          a message, reply or file that cannot be taken as it is
│   └── Unconfirmed     it can be done once whoever asks says that they know what it means
├── BrandError          a brand file that does not say what it must (file, line, field)
├── SuiteError          an evaluation suite that does not say what it must (file, line, field)
├── KnowledgeError      the knowledge folder cannot be read
│   └── DocumentError   one document cannot be read; the others can
├── IndexError_         the index cannot be used as it is
│   ├── IndexMissing    there is none yet
│   ├── IndexMismatch   it was made by another embedder or version
│   └── IndexBusy       another process owns it
├── EmbeddingError      the embedder cannot embed this
├── ModelError          the model did not give a usable answer
│   └── ModelUnavailable  it did not answer at all
├── StoreError          the database cannot be opened, or did not take it
├── NotFound            no such case, user, consultation …
├── Conflict            somebody else changed it meanwhile: says what
└── Refused             this person may not do this now: says why and who can
"""


class VozError(Exception):
    """Says what happened, where, and what to do next; fit to show to a person."""


class InputError(VozError):
    """A message, reply or file that cannot be taken as it is."""


class Unconfirmed(InputError):
    """It is done only for somebody who has been told what it means, and says so."""


class BrandError(VozError):
    """A brand file is wrong: names the file, the line and the field."""


class SuiteError(VozError):
    """An evaluation suite, run or baseline is wrong: names the file, the line and the field."""


class KnowledgeError(VozError):
    """The knowledge folder cannot be read."""


class DocumentError(KnowledgeError):
    """One document cannot be read; the rest of the folder can."""


class IndexError_(VozError):
    """The index cannot be used as it is."""


class IndexMissing(IndexError_):
    """There is no index for this knowledge folder yet."""


class IndexMismatch(IndexError_):
    """The index was made by another embedder, or by another version of it."""


class IndexBusy(IndexError_):
    """Another process owns the index; two writers would corrupt it."""


class EmbeddingError(VozError):
    """The embedder cannot embed this text."""


class ModelError(VozError):
    """The model answered, but not with something that can be used."""


class ModelUnavailable(ModelError):
    """The model did not answer in time, or not at all."""


class StoreError(VozError):
    """The database cannot be opened, or did not take a change."""


class NotFound(VozError):
    """There is no such case, user, consultation or key."""


class Conflict(VozError):
    """Somebody else changed the case meanwhile; `changes` says what, in order."""

    def __init__(self, message: str, changes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.changes = changes


class Refused(VozError):
    """This person may not do this, or not now; `stops` are the reasons, `could` the roles that may."""

    def __init__(self, message: str, stops: tuple[str, ...] = (), could: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.stops, self.could = stops, could
