"""Every error that voz raises on purpose.

VozError
├── InputError          a message, reply or file that cannot be taken as it is
├── BrandError          a brand file that does not say what it must (file, line, field)
├── SuiteError          an evaluation suite that does not say what it must (file, line, field)
├── KnowledgeError      the knowledge folder cannot be read
│   └── DocumentError   one document cannot be read; the others can
├── IndexError_         the index cannot be used as it is
│   ├── IndexMissing    there is none yet
│   ├── IndexMismatch   it was made by another embedder or version
│   └── IndexBusy       another process owns it
├── EmbeddingError      the embedder cannot embed this
└── ModelError          the model did not give a usable answer
    └── ModelUnavailable  it did not answer at all
"""


class VozError(Exception):
    """Says what happened, where, and what to do next; fit to show to a person."""


class InputError(VozError):
    """A message, reply or file that cannot be taken as it is."""


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
