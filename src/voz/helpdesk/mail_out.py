"""One mail written and sent by SMTP, and what a failure means: refused for sure, or nobody knows."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from voz.helpdesk.calling import Unclear
from voz.helpdesk.mail_box import Security
from voz.service.service import Undelivered


@dataclass(frozen=True)
class Door:
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str | None = None


def answer(
    *, sender: tuple[str, str], to: str, subject: str, message_id: str, chain: Sequence[str], text: str
) -> bytes:
    """A mail that belongs to a conversation: `chain` are the ids of its mails, the first and then the latest last."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr(sender)
    mail["To"] = to
    mail["Subject"] = subject if re.match(r"(?i)\s*re\s*:", subject) else f"Re: {subject}"
    mail["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    mail["Message-ID"] = message_id
    if chain:
        mail["In-Reply-To"] = chain[-1]
        mail["References"] = " ".join([chain[0], *chain[1:][-12:]])
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def send(door: Door, sender: str, to: str, raw: bytes) -> None:
    """Raises Undelivered where the server has not taken it, Unclear where it broke off in the middle."""
    try:
        smtp = _opened(door)
    except smtplib.SMTPAuthenticationError as error:
        reason = f"the mail server does not take voz's password ({error.smtp_code})"
        raise Undelivered(reason, for_good=error.smtp_code >= 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Undelivered(f"the mail server cannot be used: {error}") from error
    try:
        smtp.sendmail(sender, [to], raw)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*next(iter(error.recipients.values()))) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unclear(f"the mail server broke off while it took the mail: {error}") from error
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()


def _opened(door: Door) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=door.ca_file)
    if door.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(door.host, door.port, timeout=60, context=context)
    else:
        smtp = smtplib.SMTP(door.host, door.port, timeout=60)
        if door.security == "starttls":
            smtp.starttls(context=context)
    smtp.login(door.user, door.password)
    return smtp


def _refused(code: int, why: bytes | str) -> Undelivered:
    text = why.decode("utf-8", "replace") if isinstance(why, bytes) else why
    return Undelivered(f"the mail server refuses it: {code} {' '.join(text.split())[:160]}", for_good=code >= 500)
