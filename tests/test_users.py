"""Users, sessions and API keys, on a real SQLite file."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from voz import cli_users
from voz.errors import InputError, NotFound, Refused
from voz.service import api_keys, identities, passwords, sessions, users
from voz.service.actor import OWNER, ROLES, Actor
from voz.service.lockout import ADDRESS_FREE, LONGEST, USER_FREE, WINDOW, Attempts, Tally, network_of
from voz.store import access
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import ApiKeyRow, AuditRow, SessionRow, UserRow

GOOD, OTHER = "un caballo correcto", "otra frase bien larga"
T0 = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
SECOND, MINUTE, HOUR = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1)
HOME = "10.1.2.3"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path))
    yield database
    database.close()


@pytest.fixture(scope="module", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """The real argon2id at a small cost: the library's own is measured in test_the_hash_is_argon2id."""
    before = passwords._HASHER
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._nobody.cache_clear()
    yield
    passwords._HASHER = before
    passwords._nobody.cache_clear()


def ana(db: Database, role: str = "agent", login: str = "ana", password: str | None = GOOD) -> UserRow:
    return users.add(db, OWNER, login, login.title(), role, password=password, now=T0)


def enter(
    db: Database, password: str, at: dt.datetime, attempts: Attempts, *, login: str = "ana", address: str = HOME
) -> UserRow:
    return users.authenticate(db, login, password, address=address, attempts=attempts, now=at)


def trail(db: Database) -> list[AuditRow]:
    with db.read() as tx:
        return access.find(tx, AuditRow, order=("id",))


def everything(db: Database) -> str:
    """Every value of every table, as text."""
    with db.read() as tx:
        kinds: tuple[type[Any], ...] = (UserRow, SessionRow, ApiKeyRow, AuditRow)
        return "\n".join(repr(row) for kind in kinds for row in access.find(tx, kind))


# Users


def test_nobody_until_one_is_added(db: Database) -> None:
    assert not users.exist(db)
    added = ana(db)
    assert users.exist(db)
    assert (added.login, added.name, added.role, added.active) == ("ana", "Ana", "agent", True)


def test_a_login_is_one_whatever_its_case_and_composition(db: Database) -> None:
    users.add(db, OWNER, "  JOSÉ@Tienda.example ", "José", password=GOOD)
    again = users.authenticate(db, "jose\u0301@tienda.EXAMPLE", GOOD, address=HOME, attempts=Attempts())
    assert again.login == "josé@tienda.example"
    with pytest.raises(InputError, match="already"):
        users.add(db, OWNER, "José@tienda.example", password=GOOD)


@pytest.mark.parametrize("login", ["", "  ", "a b", "a/b", "<b>", "a\x00b", "a\u2028b", "local", "VOZ", "x" * 101])
def test_logins_that_cannot_be(db: Database, login: str) -> None:
    with pytest.raises(InputError):
        users.add(db, OWNER, login, password=GOOD)


@pytest.mark.parametrize("password", ["", "corta", "a" * 50, "ab" * 20, "x" * 1001, "ana.con.nombre"])
def test_passwords_that_cannot_be(db: Database, password: str) -> None:
    with pytest.raises(InputError) as told:
        users.add(db, OWNER, "ana.con.nombre", password=password)
    assert not password or password not in str(told.value)


@given(st.text(max_size=300))
def test_no_text_breaks_a_login_or_a_password(text: str) -> None:
    assert users.folded(users.folded(text)) == users.folded(text)
    assert not passwords.verified(None, text)


def test_only_an_admin_changes_users(db: Database) -> None:
    ana(db)
    for role in ROLES[:3]:
        somebody = Actor("u1", "Somebody", role)
        tried: list[tuple[Callable[..., UserRow], tuple[object, ...]]] = [
            (users.add, ("new",)), (users.set_role, ("ana", "admin")), (users.disable, ("ana",)),
            (users.enable, ("ana",)), (users.unlock, ("ana",)), (users.set_teams, ("ana", ("x",))),
            (users.set_password, ("ana", OTHER)),
        ]  # fmt: skip
        for verb, said in tried:
            with pytest.raises(Refused) as refused:
                verb(db, somebody, *said)
            assert refused.value.could == ("admin",)


def test_unknown_users_and_roles_are_named(db: Database) -> None:
    ana(db)
    with pytest.raises(NotFound, match="bea"):
        users.set_role(db, OWNER, "bea", "lead")
    with pytest.raises(InputError, match="boss"):
        users.set_role(db, OWNER, "ana", "boss")


def test_the_last_admin_stays(db: Database) -> None:
    ana(db, "admin")
    with pytest.raises(Refused, match="last admin"):
        users.disable(db, OWNER, "ana")
    with pytest.raises(Refused, match="last admin"):
        users.set_role(db, OWNER, "ana", "lead")
    ana(db, "admin", "bea")
    assert users.set_role(db, OWNER, "ana", "lead").role == "lead"
    with pytest.raises(Refused, match="last admin"):
        users.disable(db, OWNER, "bea")


def test_a_disabled_admin_does_not_count(db: Database) -> None:
    ana(db, "admin")
    ana(db, "admin", "bea")
    users.disable(db, OWNER, "bea")
    with pytest.raises(Refused, match="last admin"):
        users.disable(db, OWNER, "ana")


def test_two_admins_who_demote_each_other_at_once_leave_one(db: Database) -> None:
    for round_ in range(5):
        pair = [ana(db, "admin", f"a{round_}"), ana(db, "admin", f"b{round_}")]
        for other in users.list_users(db):
            if other.role == "admin" and other.id not in {user.id for user in pair}:
                users.set_role(db, OWNER, other.login, "agent")
        refused: list[str] = []

        def demote(login: str, refused: list[str] = refused) -> None:
            try:
                users.set_role(db, OWNER, login, "agent")
            except Refused:
                refused.append(login)

        threads = [threading.Thread(target=demote, args=(user.login,)) for user in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        assert [user.role for user in users.list_users(db)].count("admin") == 1


def test_a_list_gives_no_hash_away(db: Database) -> None:
    ana(db)
    users.add(db, OWNER, "bea", teams=("Envíos", "Envíos", " "))
    assert [(user.login, user.password_hash, user.teams) for user in users.list_users(db)] == [
        ("ana", "", ()),
        ("bea", None, ("Envíos",)),
    ]


# Passwords


def test_the_hash_is_argon2id() -> None:
    hasher = PasswordHasher()
    stored = hasher.hash(GOOD)
    assert stored.startswith("$argon2id$")
    assert passwords.verified(stored, GOOD)
    assert not passwords.verified(stored, OTHER)
    assert not passwords.verified("not a hash", GOOD)


def test_a_hash_of_another_cost_is_renewed_at_login(db: Database) -> None:
    user = ana(db)
    stored = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1).hash(GOOD)
    with db.write() as tx:
        access.change(tx, UserRow, user.id, password_hash=stored)
    enter(db, GOOD, T0, Attempts())
    with db.read() as tx:
        renewed = access.get(tx, UserRow, user.id)
    assert renewed is not None
    assert renewed.password_hash not in (None, stored)
    enter(db, GOOD, T0, Attempts())


def test_an_unknown_user_costs_a_verification_too(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ana(db)
    users.add(db, OWNER, "sso")
    verified: list[str] = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return bool(real(self, stored, password))

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    for login in ("ana", "nobody", "sso"):
        with pytest.raises(users.LoginRefused) as refused:
            enter(db, OTHER, T0, Attempts(), login=login)
        assert (refused.value.reason, str(refused.value)) == ("wrong", "The user or the password is not right.")
    assert len(verified) == 3


def test_a_disabled_user_cannot_log_in(db: Database) -> None:
    ana(db)
    users.disable(db, OWNER, "ana")
    with pytest.raises(users.LoginRefused):
        enter(db, GOOD, T0, Attempts())
    users.enable(db, OWNER, "ana")
    assert enter(db, GOOD, T0, Attempts()).login == "ana"


def test_own_password_takes_the_current_one(db: Database) -> None:
    user = ana(db)
    me = users.actor_of(user)
    for current in (None, "", OTHER):
        with pytest.raises(Refused):
            users.set_password(db, me, "ana", OTHER, current=current)
    users.set_password(db, me, "ana", OTHER, current=GOOD)
    enter(db, OTHER, T0, Attempts())
    with pytest.raises(users.LoginRefused):
        enter(db, GOOD, T0, Attempts())


# Lock-out


def fail(db: Database, times: int, at: dt.datetime, attempts: Attempts, **who: str) -> None:
    for _ in range(times):
        with pytest.raises(users.LoginRefused):
            enter(db, "no es esta frase", at, attempts, **who)


def wait_of(db: Database, at: dt.datetime, attempts: Attempts, **who: str) -> int:
    """Seconds for which even the right password is refused; 0 if it is let in or just wrong."""
    try:
        enter(db, GOOD, at, attempts, **who)
    except users.LoginRefused as refused:
        return refused.seconds
    return 0


@pytest.mark.parametrize("login", ["ana", "nobody"])
def test_failures_lock_a_login_whether_it_exists_or_not(db: Database, login: str) -> None:
    ana(db)
    attempts = Attempts()
    fail(db, USER_FREE, T0, attempts, login=login)
    assert wait_of(db, T0 + SECOND, attempts, login=login) == 30
    later = T0 + 31 * SECOND
    fail(db, 1, later, attempts, login=login)
    assert wait_of(db, later, attempts, login=login) == 61


def test_the_wait_grows_to_a_limit_and_is_forgotten_after_the_window(db: Database) -> None:
    ana(db)
    attempts, now, waits = Attempts(), T0, []
    fail(db, USER_FREE - 1, now, attempts)
    for number in range(8):
        fail(db, 1, now, attempts, address=f"10.9.{number}.1")
        waits.append(wait_of(db, now, attempts, address="10.8.1.1") - 1)
        now += dt.timedelta(seconds=waits[-1])
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert LONGEST.total_seconds() == 900
    fail(db, 1, now + WINDOW + SECOND, attempts)
    assert wait_of(db, now + WINDOW + SECOND, attempts) == 0


def test_a_users_lock_is_in_the_database_and_unlocks(db: Database) -> None:
    ana(db)
    fail(db, USER_FREE, T0, Attempts())
    assert wait_of(db, T0, Attempts(), address="10.7.7.7") == 31, "a new process must still know"
    users.unlock(db, OWNER, "ana")
    assert wait_of(db, T0, Attempts()) == 0


def test_success_forgets_the_failures_of_the_user(db: Database) -> None:
    ana(db)
    attempts = Attempts()
    for _ in range(3):
        fail(db, USER_FREE - 1, T0, attempts)
        enter(db, GOOD, T0, attempts)


def test_one_address_is_locked_over_many_logins(db: Database) -> None:
    ana(db)
    attempts = Attempts()
    for number in range(ADDRESS_FREE):
        fail(db, 1, T0, attempts, login=f"guess{number}")
    assert wait_of(db, T0, attempts) == 31
    assert wait_of(db, T0, attempts, address="10.200.0.1") == 0


def test_guesses_at_the_same_time_do_not_get_more_than_their_share(db: Database) -> None:
    ana(db)
    attempts = Attempts()
    inside: list[UserRow] = []
    refused: list[str] = []

    def guess(password: str) -> None:
        try:
            inside.append(enter(db, password, T0, attempts, address=f"10.3.{len(inside)}.{len(password)}"))
        except users.LoginRefused as error:
            refused.append(error.reason)

    threads = [threading.Thread(target=guess, args=(f"intento número {n:03}",)) for n in range(USER_FREE * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not inside
    assert wait_of(db, T0, Attempts(), address="10.200.0.1") > 0
    with db.read() as tx:
        [user] = access.find(tx, UserRow)
    assert user.failures >= USER_FREE


def test_an_address_that_can_change_counts_as_one() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("not an address") == "not an address"


def test_the_tally_does_not_grow_without_end() -> None:
    tally = Tally(1, most=10)
    for number in range(100):
        tally.failed(str(number), T0)
    assert len(tally._found) == 10
    assert tally.wait("99", T0)


# Sessions


def test_a_session_is_its_user_until_it_ends(db: Database) -> None:
    user = ana(db, "lead")
    opened = sessions.open(db, user.id, now=T0)
    actor = sessions.actor_of(db, opened.token, now=T0 + HOUR)
    assert actor is not None
    assert (actor.id, actor.name, actor.role, actor.scopes) == (user.id, "Ana", "lead", None)
    sessions.close(db, opened.token, now=T0 + HOUR)
    assert sessions.actor_of(db, opened.token, now=T0 + HOUR) is None
    sessions.close(db, opened.token)
    sessions.close(db, "never was")
    assert [entry.action for entry in trail(db)].count("logout") == 1


@pytest.mark.parametrize("token", ["", "x", "é" * 50, "\ud800", "voz_" + "a" * 60])
def test_other_tokens_are_nobody(db: Database, token: str) -> None:
    sessions.open(db, ana(db).id, now=T0)
    assert sessions.actor_of(db, token, now=T0) is None


def test_idle_and_whole_lifetime(db: Database) -> None:
    user, life = ana(db), sessions.Lifetime(idle=HOUR, whole=3 * HOUR)
    idle = sessions.open(db, user.id, lifetime=life, now=T0).token
    assert sessions.actor_of(db, idle, lifetime=life, now=T0 + HOUR) is None
    busy, now = sessions.open(db, user.id, lifetime=life, now=T0).token, T0
    while now < T0 + 3 * HOUR:
        assert sessions.actor_of(db, busy, lifetime=life, now=now)
        now += 30 * MINUTE
    assert sessions.actor_of(db, busy, lifetime=life, now=now) is None


def test_seen_is_written_at_most_once_a_minute(db: Database) -> None:
    token = sessions.open(db, ana(db).id, now=T0).token

    def seen() -> dt.datetime:
        with db.read() as tx:
            return access.find(tx, SessionRow)[0].seen_at

    for seconds, expected in ((1, 0), (59, 0), (60, 60), (100, 60), (121, 121)):
        assert sessions.actor_of(db, token, now=T0 + dt.timedelta(seconds=seconds))
        assert seen() == T0 + dt.timedelta(seconds=expected)


def test_a_new_session_ends_the_one_it_replaces(db: Database) -> None:
    user = ana(db)
    first = sessions.open(db, user.id, now=T0)
    second = sessions.open(db, user.id, replaces=first.token, now=T0)
    assert first.token != second.token
    assert sessions.actor_of(db, first.token, now=T0) is None
    assert sessions.actor_of(db, second.token, now=T0)


@pytest.mark.parametrize("way", ["password", "disable", "close_all"])
def test_what_ends_every_session_of_a_user(db: Database, way: str) -> None:
    user, other = ana(db), ana(db, login="bea")
    mine = [sessions.open(db, user.id, now=T0).token for _ in range(3)]
    theirs = sessions.open(db, other.id, now=T0).token
    if way == "password":
        users.set_password(db, OWNER, "ana", OTHER, now=T0)
    elif way == "disable":
        users.disable(db, OWNER, "ana", now=T0)
    else:
        assert sessions.close_all(db, OWNER, user.id, now=T0) == 3
    users.enable(db, OWNER, "ana", now=T0)
    assert [sessions.actor_of(db, token, now=T0) for token in mine] == [None] * 3
    assert sessions.actor_of(db, theirs, now=T0)


def test_a_new_role_counts_at_once(db: Database) -> None:
    user = ana(db)
    token = sessions.open(db, user.id, now=T0).token
    users.set_role(db, OWNER, "ana", "observer")
    actor = sessions.actor_of(db, token, now=T0)
    assert actor is not None
    assert actor.role == "observer"


# API keys


def test_a_key_acts_as_its_user_within_its_scopes(db: Database) -> None:
    user = ana(db, "lead")
    key, row = api_keys.create(db, users.actor_of(user), "ana", "helpdesk", ("cases:read", "drafts"), now=T0)
    assert key.startswith(f"voz_{row.id}_")
    actor = api_keys.actor_of(db, key, now=T0)
    assert actor is not None
    assert (actor.id, actor.role, actor.scopes) == (user.id, "lead", ("cases:read", "drafts"))
    api_keys.require_scope(actor, "drafts")
    with pytest.raises(Refused, match="cases:write"):
        api_keys.require_scope(actor, "cases:write")
    api_keys.require_scope(OWNER, "cases:write")
    users.set_role(db, OWNER, "ana", "observer")
    demoted = api_keys.actor_of(db, key, now=T0)
    assert demoted is not None
    assert demoted.role == "observer"


def test_keys_that_do_not_work(db: Database) -> None:
    ana(db)
    key, row = api_keys.create(db, OWNER, "ana", "x", ("drafts",), days=1, now=T0)
    other, _ = api_keys.create(db, OWNER, "ana", "y", ("drafts",), now=T0)
    wrong = [
        "", "voz_", key[:-1], key + "a", key.upper(), f"voz_{row.id}_", f"voz_{row.id}_{other.rsplit('_', 1)[1]}" + "x",
        f"voz_nothere_{'a' * 43}", f"{key}\n", "\ud800", "voz_" + "a" * 100_000,
    ]  # fmt: skip
    assert [api_keys.actor_of(db, text, now=T0) for text in wrong] == [None] * len(wrong)
    assert api_keys.actor_of(db, key, now=T0 + 23 * HOUR)
    assert api_keys.actor_of(db, key, now=T0 + 24 * HOUR) is None
    api_keys.revoke(db, OWNER, row.id, now=T0)
    assert api_keys.actor_of(db, key, now=T0) is None
    assert api_keys.actor_of(db, other, now=T0)
    users.disable(db, OWNER, "ana")
    assert api_keys.actor_of(db, other, now=T0) is None


def test_who_may_make_and_revoke_keys(db: Database) -> None:
    mine, theirs = users.actor_of(ana(db)), users.actor_of(ana(db, login="bea"))
    with pytest.raises(Refused):
        api_keys.create(db, mine, "bea", "x", ("drafts",))
    with pytest.raises(Refused, match="admin"):
        api_keys.create(db, mine, "ana", "x", ("admin",))
    key, row = api_keys.create(db, mine, "ana", "x", ("drafts", "cases:write"))
    with pytest.raises(Refused):
        api_keys.revoke(db, theirs, row.id)
    by_key = api_keys.actor_of(db, key)
    assert by_key is not None
    with pytest.raises(Refused, match="key"):
        api_keys.create(db, by_key, "ana", "y", ("drafts",))
    api_keys.revoke(db, mine, row.id)
    with pytest.raises(NotFound):
        api_keys.revoke(db, mine, "k0")


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", ("drafts",), 1),
        ("x", (), 1),
        ("x", ("everything",), 1),
        ("x", ("drafts",), 0),
        ("x", ("drafts",), 9999),
    ],
)
def test_keys_that_cannot_be_made(db: Database, name: str, scopes: tuple[str, ...], days: int) -> None:
    ana(db)
    with pytest.raises(InputError):
        api_keys.create(db, OWNER, "ana", name, scopes, days=days)


def test_use_of_a_key_is_written_at_most_once_a_minute(db: Database) -> None:
    ana(db)
    key, _ = api_keys.create(db, OWNER, "ana", "x", ("drafts",), now=T0)
    for seconds, expected in ((5, 5), (64, 5), (65, 65)):
        assert api_keys.actor_of(db, key, now=T0 + dt.timedelta(seconds=seconds))
        assert api_keys.list_keys(db)[0].used_at == T0 + dt.timedelta(seconds=expected)


# Identities


WHO = identities.Identity("https://id.example", "s-1", "Ana", "Ana García", "pt")


def test_an_identity_is_one_user_by_issuer_and_subject(db: Database) -> None:
    local = ana(db)
    first = identities.of_identity(db, WHO, "agent")
    assert first.id != local.id, "the same login is not the same person"
    assert (first.login, first.name, first.language) == ("ana-2", "Ana García", "pt")
    again = identities.of_identity(db, replace(WHO, login="renamed", name="Other"), "lead")
    assert (again.id, again.role) == (first.id, "lead")
    assert identities.of_identity(db, replace(WHO, issuer="https://other.example"), "agent").id != first.id
    with pytest.raises(users.LoginRefused):
        enter(db, GOOD, T0, Attempts(), login="ana-2")
    with pytest.raises(Refused):
        users.set_password(db, OWNER, "ana-2", GOOD)


def test_a_disabled_identity_is_refused_and_the_last_admin_stays_admin(db: Database) -> None:
    user = identities.of_identity(db, WHO, "admin")
    assert identities.of_identity(db, WHO, "agent").role == "admin"
    ana(db, "admin", "bea")
    assert identities.of_identity(db, WHO, "agent").role == "agent"
    users.disable(db, OWNER, user.login)
    with pytest.raises(Refused, match="disabled"):
        identities.of_identity(db, WHO, "agent")


# The audit trail


def test_every_change_is_told_and_no_secret_is_kept(db: Database) -> None:
    user = ana(db)
    ana(db, "admin", "root", OTHER)
    attempts = Attempts()
    typed = "mi clave en el sitio del usuario"
    fail(db, 1, T0, attempts, login=typed.replace(" ", "-"))
    fail(db, 1, T0, attempts)
    enter(db, GOOD, T0, attempts)
    opened = sessions.open(db, user.id, now=T0)
    key, row = api_keys.create(db, OWNER, "ana", "x", ("drafts",), now=T0)
    users.set_role(db, OWNER, "ana", "lead")
    users.set_teams(db, OWNER, "ana", ("Envíos",))
    users.set_password(db, OWNER, "ana", OTHER)
    users.unlock(db, OWNER, "ana")
    api_keys.revoke(db, OWNER, row.id)
    users.disable(db, OWNER, "ana")
    users.enable(db, OWNER, "ana")
    entries = trail(db)
    assert [entry.action for entry in entries] == [
        "user_added", "user_added", "login_refused", "login_refused", "login", "key_created", "user_role", "user_teams",
        "user_password", "user_unlocked", "key_revoked", "user_disabled", "user_enabled",
    ]  # fmt: skip
    role = entries[6]
    assert (role.who, role.subject, role.before, role.after) == ("local", user.id, {"role": "agent"}, {"role": "lead"})
    stored = everything(db)
    for secret in (GOOD, OTHER, typed.replace(" ", "-"), opened.token, key, key.split("_", 2)[2]):
        assert secret not in stored
    told = json.dumps([[entry.before, entry.after] for entry in entries])
    assert "$argon2" not in told
    assert row.secret_hash not in told


# The command line


@pytest.fixture
def voz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `voz users …` and gives its exit code and what it printed; errors are raised."""
    monkeypatch.setenv("VOZ_DATABASE", sqlite_url(tmp_path))
    monkeypatch.setenv("VOZ_HOME", str(tmp_path))

    def run(*words: str, typed: str = "") -> str:
        result = CliRunner().invoke(cli_users.app, list(words), input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_commands(voz: Any, db: Database) -> None:
    assert "ana" in voz("add", "Ana", "--name", "Ana García", "--role", "admin", "--password-stdin", typed=f"{GOOD}\n")
    assert voz("add", "bea", typed=f"{OTHER}\n{OTHER}\n").count(OTHER) == 0
    voz("role", "bea", "lead")
    voz("teams", "bea", "Envíos", "Pagos")
    told = voz("key", "bea", "--name", "helpdesk", "--scope", "drafts", "--days", "30")
    key = next(word for word in told.split() if word.startswith("voz_"))
    assert api_keys.actor_of(db, key)
    listed = voz("list", "--keys")
    for word in ("ana", "Ana García", "admin", "bea", "lead", "Envíos, Pagos", "helpdesk", "drafts"):
        assert word in listed
    assert key not in listed
    voz("revoke", key.split("_")[1])
    assert api_keys.actor_of(db, key) is None
    voz("password", "bea", "--password-stdin", typed=GOOD)
    assert enter(db, GOOD, T0, Attempts(), login="bea")
    voz("disable", "bea")
    assert "disabled" in voz("list")
    voz("enable", "bea")
    voz("unlock", "bea")
    with pytest.raises(Refused, match="last admin"):
        voz("disable", "ana")
    assert json.loads(voz("list", "--json"))[0]["login"] == "ana"
    assert "argon2" not in voz("list", "--json")


def test_a_password_is_never_an_argument(voz: Any) -> None:
    result = CliRunner().invoke(cli_users.app, ["add", "ana", "--password", GOOD])
    assert result.exit_code == 2
    with pytest.raises(InputError, match="characters"):
        voz("add", "ana", "--password-stdin", typed="corta\n")
    result = CliRunner().invoke(cli_users.app, ["add", "ana"], input=f"{GOOD}\n{OTHER}\n")
    assert result.exit_code != 0
    assert GOOD not in result.output


def test_a_user_of_single_sign_on_only(voz: Any, db: Database) -> None:
    voz("add", "ana", "--no-password")
    assert users.list_users(db)[0].password_hash is None
