"""Suites in a team's own tests: the fixture `voz_suite`, and `--voz-suite FILE`, whose cases become tests.

    def test_honesty(voz_suite):
        assert voz_suite("evals/honesty.yaml").honest >= 0.9

pytest loads this file in every run where voz is installed: nothing but pytest is imported before a suite is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from voz.evaluate.outcome import Outcome
    from voz.evaluate.report_types import CaseReport, Report
    from voz.evaluate.suite import Suite
    from voz.pipeline import Desk

CARDS = Path("evals") / "cards"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("voz", "voz: drafts of replies, evaluated")
    group.addoption("--voz-suite", action="append", default=[], metavar="FILE", help="every case of it is a test")
    group.addoption("--voz-knowledge", metavar="FOLDER", help="the company's documents (VOZ_KNOWLEDGE; ./knowledge)")
    group.addoption("--voz-home", metavar="FOLDER", help="voz's own data (VOZ_HOME; in the cache of pytest)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "voz: a case of a suite, from --voz-suite")
    config.stash[_COMPANY] = Company(config)
    config.args += [str(path) for path in _suites_asked(config)]


def pytest_unconfigure(config: pytest.Config) -> None:
    company = config.stash.get(_COMPANY, None)
    if company:
        company.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path in _suites_asked(parent.config):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture(scope="session")
def voz_suite(pytestconfig: pytest.Config) -> Company:
    """Call it with the file of a suite: drafts every case as `voz eval run` does, and gives back what came out."""
    return pytestconfig.stash[_COMPANY]


class Company:
    """The desk that the drafts are made at; opened by the first suite, once for all tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._root = config, config.rootpath

    def __call__(self, suite: str | Path, *, repeats: int | None = None, jobs: int = 1) -> Evaluated:
        """Raises SuiteError where the file says what no suite may say."""
        from voz.evaluate.loading import load_suite
        from voz.evaluate.run import plan, run

        loaded = load_suite(self._root / suite)
        done = run(plan([loaded], self.desk, repeats), self.desk, self.home, jobs=jobs)
        return Evaluated(self.scored(loaded, done.outcomes, done.manifest))

    def case(self, suite: Suite) -> Evaluated:
        """A suite of one case, which leaves no run behind."""
        from voz.evaluate.run import draft, plan

        return Evaluated(self.scored(suite, [draft(item, self.desk, self.home) for item in plan([suite], self.desk)]))

    def scored(self, suite: Suite, outcomes: Iterable[Outcome], manifest: dict[str, object] | None = None) -> Report:
        from voz.evaluate.cards import load_cards, shut_out
        from voz.evaluate.report import build_report
        from voz.evaluate.score import score

        folder, found = self._root / CARDS, tuple(outcomes)
        cards = load_cards(folder) if folder.is_dir() else ()
        scored = score([suite], found, self.desk.brand, may_not_gate=shut_out(cards))
        return build_report(manifest or {}, [suite], found, scored, cards)

    @cached_property
    def desk(self) -> Desk:
        from voz.config import Settings
        from voz.pipeline import open_desk

        settings = Settings()
        knowledge = self._config.getoption("--voz-knowledge") or settings.knowledge
        return open_desk(settings.model_copy(update={"knowledge": self._root / knowledge, "home": self.home}))

    @cached_property
    def home(self) -> Path:
        """Of its own where none is named: the index of a desk that runs belongs to that desk."""
        from voz.config import Settings

        given = self._config.getoption("--voz-home")
        settings = Settings()
        if given or "home" in settings.model_fields_set:
            return self._root / (given or settings.home)
        cache = self._config.cache
        return cache.mkdir("voz") if cache else self._root / settings.home

    def close(self) -> None:
        if "desk" in self.__dict__:
            self.desk.library.close()


@dataclass(frozen=True, repr=False)
class Evaluated:
    """What came of a suite: means from 0 to 1 to assert on, and the whole report."""

    report: Report

    @property
    def honest(self) -> float:
        """Share of the cases that are honest in every repeat."""
        return self._mean("honest")

    @property
    def accuracy(self) -> float:
        return self._mean("accuracy")

    @property
    def tone(self) -> float:
        return self._mean("tone")

    @property
    def empathy(self) -> float:
        return self._mean("empathy")

    @property
    def total(self) -> float:
        return self._mean("total")

    @property
    def failed(self) -> tuple[CaseReport, ...]:
        """Cases that are dishonest, below a threshold of the suite, or have no draft."""
        return tuple(case for case in self.report.cases if case.status in ("dishonest", "below", "error"))

    def _mean(self, measure: str) -> float:
        whole = self.report.overall
        found = whole.honest if measure == "honest" else dict(whole.means).get(measure)  # type: ignore[call-overload]
        if found is None:
            raise AssertionError(f"No case has a score of '{measure}'.")
        return float(found.value)

    def __repr__(self) -> str:
        whole = self.report.overall
        told = [*([("honest", whole.honest)] if whole.honest else []), *whole.means.items()]
        means = " ".join(f"{name} {interval.value:.2f}" for name, interval in told)
        bad = ", ".join(f"{case.case} {case.status}" for case in self.failed)
        return f"<{' '.join(suite.group.name for suite in self.report.suites)}: {means}{'; ' if bad else ''}{bad}>"


class SuiteFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        from voz.errors import SuiteError
        from voz.evaluate.loading import load_suite

        try:
            suite = load_suite(self.path)
        except SuiteError as error:
            raise self.CollectError(str(error)) from error
        for case in suite.cases:
            one = suite.model_copy(update={"cases": (case,)})
            yield CaseItem.from_parent(self, name=case.id, suite=one)


class CaseItem(pytest.Item):
    """One case, drafted as often as its suite says; every draft has to pass."""

    def __init__(self, *, suite: Suite, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.suite = suite
        self.add_marker("voz")

    def runtest(self) -> None:
        found = self.config.stash[_COMPANY].case(self.suite)
        if found.failed:
            raise CaseFailed(found)
        if all(case.status == "unscored" for case in found.report.cases):
            pytest.skip("nothing in it could be scored")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if not isinstance(excinfo.value, CaseFailed):
            return str(super().repr_failure(excinfo))
        return "\n".join(_told(excinfo.value.found, self.suite))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.suite.suite}: {self.name}"


class CaseFailed(AssertionError):
    def __init__(self, found: Evaluated) -> None:
        super().__init__(repr(found))
        self.found = found


def _told(found: Evaluated, suite: Suite) -> Iterator[str]:
    from voz.evaluate.render import reasons_of

    for case in found.failed:
        yield f"message: {case.message.text}"
        yield f"reply:   {case.reply}"
        yield from ([case.error] if case.error else reasons_of(case, suite.thresholds))


def _suites_asked(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / one).resolve() for one in config.getoption("--voz-suite")]


_COMPANY = pytest.StashKey[Company]()
